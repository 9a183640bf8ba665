import { abortable } from '../abortable.js';
import { killPod } from '../act/kill.js';
import type { PodServices } from '../act/pod-services.js';
import type { PodStatus } from '../kube-types.js';
import { isActive, type ObservedPod, observePod } from '../observe/observed-pod.js';
import type { PodState } from './pod-state.js';

export interface Ended {
  readonly observed: ObservedPod;
  /** Final: terminal phase, every container terminated. */
  readonly status: PodStatus;
}

/**
 * Stops everything of a pod, then frees its volumes (edged.md §4.6, steps 1
 * to 3). Idempotent.
 *
 * @param signal Aborts when the agent stops: containers go on stopping by themselves.
 * @throws when something could not be stopped or unmounted: call again later.
 */
export async function endPod(
  state: PodState,
  services: PodServices,
  graceMs: number | undefined,
  publish: (status: PodStatus) => Promise<void>,
  signal: AbortSignal,
): Promise<Ended> {
  const { uid } = state.pod.metadata;
  let observed = await observePod(services.runtime, uid);
  await state.learn(observed, true);
  if (isActive(observed)) {
    await publish(state.compute(observed, false));
    await abortable(killPod({ pod: state.pod, observed, graceMs }, services), signal);
    observed = await observePod(services.runtime, uid);
    await state.learn(observed, true);
    if (isActive(observed)) throw new Error('a container is still running after it was stopped');
  }
  signal.throwIfAborted();
  state.probes.stop();
  const status = state.compute(observed, true);
  await services.volumes.tearDown(uid);
  return { observed, status };
}
