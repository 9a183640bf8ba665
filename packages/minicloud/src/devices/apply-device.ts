import type { KubeObject } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { type StoredObject, specOf, statusOf } from '../objects/stored-object.js';
import { nodeOfDevice } from './device-fields.js';

/**
 * A validated device as it is stored: with the node it is attached to. One
 * that names none keeps the one it has, or gets the only one there is, or waits.
 *
 * @throws {ApiError} Invalid, when there are several nodes to choose from.
 */
export function completeDevice(
  device: KubeObject,
  existing: StoredObject | undefined,
  objects: ObjectStore,
): KubeObject {
  const { nodeName: _nodeName, ...spec } = specOf(device);
  const nodeName = nodeOfDevice(device) || (existing && nodeOfDevice(existing)) || onlyNode(device, objects);
  return {
    ...device,
    spec: { ...spec, ...(nodeName ? { nodeName } : {}) },
    status: existing ? statusOf(existing) : {},
  };
}

/** Gives a waiting device the node that registered first. */
export function bindDevice(draft: StoredObject, objects: ObjectStore): KubeObject {
  if (nodeOfDevice(draft) !== '') return draft;
  const [node, second] = objects.list(Kinds.node);
  if (!node || second) return draft;
  return { ...draft, spec: { ...specOf(draft), nodeName: node.metadata.name } };
}

function onlyNode(device: KubeObject, objects: ObjectStore): string | undefined {
  const nodes = objects.list(Kinds.node).map(({ metadata }) => metadata.name);
  if (nodes.length > 1) {
    throw new ApiError(
      'Invalid',
      422,
      `device "${device.metadata?.name}": spec.nodeName is missing; name the node it is attached to (${nodes.join(', ')})`,
    );
  }
  return nodes[0];
}
