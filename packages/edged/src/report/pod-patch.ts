import type { Pod, PodStatus } from '../kube-types.js';
import { CONTAINER_LISTS, goContainerLists } from './go-status.js';

/** A strategic merge patch of a pod's status, guarded by the pod's uid (edged.md §11.3). */
export interface PodPatch {
  readonly metadata: { readonly uid: string };
  readonly status: Readonly<Record<string, unknown>>;
}

/** Which lists of addresses must replace what the cloud has, since one it may have is gone. */
export interface ReplacedAddresses {
  readonly podIPs: boolean;
  readonly hostIPs: boolean;
}

/**
 * The complete own part of a status: right whatever the cloud has, so that only
 * the newest of several waiting patches needs to be sent. Members that are absent are
 * `null` (deleted), lists of containers are whole, conditions merge by type.
 */
export function podPatch(pod: Pod, status: PodStatus, replaced: ReplacedAddresses): PodPatch {
  const lists = goContainerLists(status, true);
  return {
    metadata: { uid: pod.metadata.uid },
    status: {
      phase: status.phase,
      message: status.message || null,
      reason: status.reason || null,
      conditions: status.conditions.map((condition) => ({
        type: condition.type,
        status: condition.status,
        lastProbeTime: null,
        lastTransitionTime: condition.lastTransitionTime,
        reason: condition.reason || null,
        message: condition.message || null,
      })),
      ...Object.fromEntries(CONTAINER_LISTS.map((key) => [key, lists[key] ?? null])),
      hostIP: status.hostIP || null,
      ...addresses('hostIPs', status.hostIPs, replaced.hostIPs),
      podIP: status.podIP || null,
      ...addresses('podIPs', status.podIPs, replaced.podIPs),
      ...(status.startTime && { startTime: status.startTime }),
    },
  };
}

function addresses(key: string, list: PodStatus['podIPs'] = [], replace: boolean): Record<string, object[]> {
  if (replace) return { [key]: [{ $patch: 'replace' }, ...list] };
  return list.length > 0 ? { [key]: [...list] } : {};
}
