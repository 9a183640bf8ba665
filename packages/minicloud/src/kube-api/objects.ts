import { ApiError } from '../errors.js';
import { notFound } from '../objects/api-status.js';
import type { Kinds } from '../objects/kinds.js';
import { type ObjectList, objectList, typed } from '../objects/object-list.js';
import type { ObjectStore } from '../objects/object-store.js';
import { selecting } from '../objects/selectors.js';
import type { StoredObject } from '../objects/stored-object.js';

type Served = typeof Kinds.pod | typeof Kinds.node;

/** A list of pods or nodes; without a namespace those of all. @throws {ApiError} for a watch, or a selector. */
export function listOf(
  objects: ObjectStore,
  kind: Served,
  namespace: string | undefined,
  query: URLSearchParams,
): ObjectList {
  if (query.get('watch') === 'true' || query.get('watch') === '1') {
    throw new ApiError('MethodNotAllowed', 405, `${kind.plural} cannot be watched here; list them again`);
  }
  const selects = selecting({
    labelSelector: query.get('labelSelector'),
    fieldSelector: query.get('fieldSelector'),
  });
  return objectList(objects, kind, namespace, selects);
}

/** @throws {ApiError} NotFound. */
export function oneOf(objects: ObjectStore, kind: Served, namespace: string, name: string): StoredObject {
  const found = objects.get(kind, namespace, name);
  if (!found) throw notFound(kind, name);
  return typed(kind, found);
}
