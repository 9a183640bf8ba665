import type { PodServices } from '../act/pod-services.js';
import { hasExited, isActive, observePod } from '../observe/observed-pod.js';
import type { PodSnapshot } from '../ports/status-sink.js';

/**
 * Removes the dead containers of pods that are over, with their logs; the
 * pods' statuses stay. For a node under disk pressure: otherwise they are kept.
 *
 * @returns how many were removed.
 */
export async function removeFinishedContainers(
  pods: readonly PodSnapshot[],
  { runtime }: Pick<PodServices, 'runtime'>,
): Promise<number> {
  let removed = 0;
  for (const { pod, status } of pods) {
    if (status?.phase !== 'Failed' && status?.phase !== 'Succeeded') continue;
    const observed = await observePod(runtime, pod.metadata.uid);
    if (isActive(observed)) continue;
    for (const container of observed.containers.filter(hasExited)) {
      await runtime.removeContainer(container.id);
      removed += 1;
    }
  }
  return removed;
}
