import type { PodSnapshot } from '@edgecore/edged';
import type { PodLine } from '../observe/agent-status.js';

/** One line per pod for `edgecore status`. */
export function podLines(pods: readonly PodSnapshot[]): PodLine[] {
  return pods.map(({ pod, status, stage }) => {
    const containers = status?.containerStatuses ?? [];
    const all = [...(status?.initContainerStatuses ?? []), ...containers];
    const waiting = all.map(({ state }) => state?.waiting?.reason).find((reason) => reason !== undefined);
    return {
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      phase: stage === 'syncing' ? (status?.phase ?? 'Pending') : 'Terminating',
      ready: containers.filter(({ ready }) => ready).length,
      containers: pod.spec.containers.length,
      restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
      ip: status?.podIP ?? '',
      reason: status?.reason ?? waiting ?? '',
      startedAt: status?.startTime ?? '',
    };
  });
}
