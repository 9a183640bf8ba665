import { isRecord } from '@edgecore/api';
import { notFound, uidConflict } from '../objects/api-status.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { kubeTime, type StoredObject, specOf, statusOf } from '../objects/stored-object.js';

export interface DeletePodOptions {
  /** Seconds the pod gets to stop; 0 removes it at once. Default: the pod's own `terminationGracePeriodSeconds`. */
  readonly graceSeconds?: number;
  /** Delete only this incarnation. */
  readonly uid?: string;
}

/**
 * Deletes a pod as the API server does: one that runs on a node is marked, the
 * node stops it and confirms (edged.md §11.2); any other goes at once.
 *
 * @throws {ApiError} NotFound, or Conflict when `uid` is another pod's.
 */
export async function deletePod(
  objects: ObjectStore,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  nowMs: number,
  options: DeletePodOptions = {},
): Promise<void> {
  const pod = objects.get(Kinds.pod, namespace, name);
  if (!pod) throw notFound(Kinds.pod, name);
  if (options.uid !== undefined && options.uid !== pod.metadata.uid) {
    throw uidConflict(Kinds.pod, name, options.uid, pod.metadata.uid);
  }
  const grace = options.graceSeconds ?? ownGrace(pod);
  if (grace <= 0 || !specOf(pod)['nodeName'] || isTerminal(pod)) {
    await objects.remove(Kinds.pod, namespace, name);
    return;
  }
  await objects.update(Kinds.pod, namespace, name, (draft) => {
    const end = nowMs + grace * 1000;
    const planned = draft.metadata.deletionTimestamp;
    // A later request may shorten the time, never extend it.
    if (planned && Date.parse(planned) <= end) return draft;
    return {
      ...draft,
      metadata: { ...draft.metadata, deletionTimestamp: kubeTime(end), deletionGracePeriodSeconds: grace },
    };
  });
}

/** A deleted pod whose containers have all stopped: the node has done its part (edged.md §11.2). */
export function isFinished(pod: StoredObject): boolean {
  if (!pod.metadata.deletionTimestamp || !isTerminal(pod)) return false;
  const { containerStatuses } = statusOf(pod);
  if (!Array.isArray(containerStatuses)) return true;
  return containerStatuses.every((status) => {
    const state = isRecord(status) ? status['state'] : undefined;
    return isRecord(state) && (state['terminated'] !== undefined || state['waiting'] !== undefined);
  });
}

function isTerminal(pod: StoredObject): boolean {
  const { phase } = statusOf(pod);
  return phase === 'Succeeded' || phase === 'Failed';
}

function ownGrace(pod: StoredObject): number {
  const seconds = specOf(pod)['terminationGracePeriodSeconds'];
  return typeof seconds === 'number' ? seconds : 30;
}
