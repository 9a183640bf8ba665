import { errorText, type Logger } from '@edgecore/api';
import { bindDevice } from '../devices/apply-device.js';
import { Kinds } from '../objects/kinds.js';
import { isReady } from '../objects/node-status.js';
import type { ObjectStore } from '../objects/object-store.js';
import { namespaceOf, type StoredObject, specOf } from '../objects/stored-object.js';

/**
 * The node for a pod without one: matching its nodeSelector, ready before not
 * ready, then the one with the fewest pods, then by name. `undefined`: none yet.
 */
export function chooseNode(
  podSpec: Record<string, unknown>,
  nodes: readonly StoredObject[],
  podsOn: (node: string) => number,
): string | undefined {
  const selector = Object.entries((podSpec['nodeSelector'] ?? {}) as Record<string, string>);
  const candidates = nodes
    .filter((node) => specOf(node)['unschedulable'] !== true)
    .filter(({ metadata: { labels = {} } }) => selector.every(([key, value]) => labels[key] === value))
    .map((node) => ({ name: node.metadata.name, ready: isReady(node), pods: podsOn(node.metadata.name) }));
  candidates.sort(
    (a, b) => Number(b.ready) - Number(a.ready) || a.pods - b.pods || (a.name < b.name ? -1 : 1),
  );
  return candidates[0]?.name;
}

/** {@link chooseNode} against the store. */
export function chooseNodeFor(podSpec: Record<string, unknown>, objects: ObjectStore): string | undefined {
  const pods = objects.list(Kinds.pod);
  return chooseNode(podSpec, objects.list(Kinds.node), (node) => {
    return pods.filter((pod) => specOf(pod)['nodeName'] === node).length;
  });
}

/** Gives waiting pods and devices a node as soon as one registers. @returns a function that ends it. */
export function bindWaiting(objects: ObjectStore, logger: Logger): () => void {
  return objects.subscribe(({ type, kind }) => {
    if (kind !== Kinds.node || type !== 'added') return;
    for (const device of objects.list(Kinds.device)) {
      const { name } = device.metadata;
      objects
        .update(Kinds.device, namespaceOf(device), name, (draft) => bindDevice(draft, objects))
        .catch((error: unknown) => logger.warn({ device: name }, `not bound: ${errorText(error)}`));
    }
    for (const pod of objects.list(Kinds.pod)) {
      if (specOf(pod)['nodeName']) continue;
      objects
        .update(Kinds.pod, namespaceOf(pod), pod.metadata.name, (draft) => {
          const nodeName = specOf(draft)['nodeName'] ? undefined : chooseNodeFor(specOf(draft), objects);
          return nodeName === undefined ? draft : { ...draft, spec: { ...specOf(draft), nodeName } };
        })
        .catch((error: unknown) => logger.warn({ pod: pod.metadata.name }, `not bound: ${errorText(error)}`));
    }
  });
}
