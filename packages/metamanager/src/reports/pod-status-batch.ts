import {
  CLUSTER_SCOPE,
  errorText,
  formatResource,
  Group,
  isRecord,
  Operation,
  parseResource,
  ResourceType,
} from '@edgecore/api';
import { createMessage } from '@edgecore/beehive';
import type { Post } from '../post.js';
import type { ObjectRows } from '../rows/object-rows.js';

/** Sends all stored pod statuses, one message per namespace, and forgets those of pods that are gone (metamanager.md §7). */
export async function sendPodStatusBatch(rows: ObjectRows, post: Post): Promise<void> {
  const pods = new Set((await rows.entries(ResourceType.pod)).map((entry) => entry.key));
  const byNamespace = new Map<string, unknown[]>();
  const orphans: string[] = [];
  for (const { key, value } of await rows.entries(ResourceType.podstatus)) {
    const { namespace, name } = parseResource(key);
    if (!pods.has(formatResource(namespace, ResourceType.pod, name))) orphans.push(key);
    // The Go agent of 2020 stores answers over statuses and sends them back up (edged.md §11.1).
    else if (isRecord(value) && typeof value['UID'] === 'string' && isRecord(value['Status'])) {
      byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), value]);
    }
  }
  await rows.drop(orphans);
  if (!post.connected) return;
  for (const [namespace, content] of byNamespace) {
    await post.tellCloud(
      createMessage<unknown>({
        source: post.profile.metaManagerName,
        group: Group.resource,
        operation: Operation.update,
        resource: formatResource(namespace || CLUSTER_SCOPE, ResourceType.podstatus),
        content,
      }),
    );
  }
}

/** Runs the batch every `intervalMs` while the cloud is one that wants it, until the signal aborts. */
export async function repeatPodStatusBatch(
  rows: ObjectRows,
  post: Post,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (await interval(intervalMs, signal)) {
    if (!post.profile.batchesPodStatus) continue;
    try {
      await sendPodStatusBatch(rows, post);
    } catch (error) {
      post.log.error({ error: errorText(error) }, 'pod statuses could not be collected');
    }
  }
}

/** False when the signal aborted. */
function interval(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
