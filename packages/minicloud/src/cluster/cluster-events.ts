import type { CloudEmitter } from '../cloud-events.js';
import { Kinds } from '../objects/kinds.js';
import { isReady } from '../objects/node-status.js';
import type { ObjectStore } from '../objects/object-store.js';
import { isSameJson } from '../objects/same-json.js';
import { statusOf } from '../objects/stored-object.js';

/** Tells listeners what changed in nodes and pods. @returns a function that ends it. */
export function watchCluster(objects: ObjectStore, events: CloudEmitter): () => void {
  return objects.subscribe(({ type, kind, object, previous }) => {
    if (kind === Kinds.pod) {
      if (type === 'deleted') events.emit('podDeleted', { pod: object });
      else if (!previous || !isSameJson(statusOf(previous), statusOf(object))) {
        events.emit('podStatus', { pod: object, phase: String(statusOf(object)['phase'] ?? '') });
      }
    } else if (kind === Kinds.node) {
      const before = previous !== undefined && isReady(previous);
      const after = type !== 'deleted' && isReady(object);
      if (after && !before) events.emit('nodeReady', { node: object });
      else if (before && !after) events.emit('nodeNotReady', { node: object });
    }
  });
}
