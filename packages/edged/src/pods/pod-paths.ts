import { join } from 'node:path';
import type { PodIdentity } from '@edgecore/container-runtime';
import type { Pod } from '../kube-types.js';

/** Identity of a pod, as runtimes want it. */
export function podIdentity({ metadata: { uid, namespace, name } }: Pod): PodIdentity {
  return { uid, namespace, name };
}

/** `<logs>/<ns>_<pod>_<uid>` (edged.md §12.3). */
export function podLogDirectory(podLogsDir: string, { uid, namespace, name }: PodIdentity): string {
  return join(podLogsDir, `${namespace}_${name}_${uid}`);
}

/** `<logs>/<ns>_<pod>_<uid>/<container>/<n>.log`. */
export function containerLogPath(
  podLogsDir: string,
  pod: PodIdentity,
  container: string,
  restartCount: number,
): string {
  return join(podLogDirectory(podLogsDir, pod), container, `${restartCount}.log`);
}
