import type { PodStatusRequest } from '@edgecore/api';
import type { Pod, PodStatus } from '../kube-types.js';
import { goCondition, goContainerLists, text } from './go-status.js';

/** Conditions a 2020 cloud has never heard of (edged.md §9.3). */
const MODERN_CONDITIONS: ReadonlySet<string> = new Set(['ContainersReady', 'PodReadyToStartContainers']);

/** Content of a `podstatus` update: the complete status with the key set of a 2020 edge (edged.md §11.1). */
export function legacyPodStatus(pod: Pod, status: PodStatus): PodStatusRequest<Record<string, unknown>> {
  return {
    UID: pod.metadata.uid,
    Name: pod.metadata.name,
    Status: {
      phase: status.phase,
      conditions: status.conditions.filter(({ type }) => !MODERN_CONDITIONS.has(type)).map(goCondition),
      ...text('message', status.message),
      ...text('reason', status.reason),
      ...text('hostIP', status.hostIP),
      ...text('podIP', status.podIP),
      ...(status.podIPs?.length && { podIPs: status.podIPs }),
      ...text('startTime', status.startTime),
      ...goContainerLists(status, false),
      ...text('qosClass', status.qosClass),
    },
  };
}
