import { ApiError } from '../errors.js';
import { notFound } from '../objects/api-status.js';
import type { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import type { StoredObject } from '../objects/stored-object.js';
import { selected } from './selectors.js';

type Served = typeof Kinds.pod | typeof Kinds.node;

/** A list of pods or nodes; without a namespace those of all. @throws {ApiError} for a watch, or a selector. */
export function listOf(
  objects: ObjectStore,
  kind: Served,
  namespace: string | undefined,
  query: URLSearchParams,
) {
  if (query.get('watch') === 'true' || query.get('watch') === '1') {
    throw new ApiError('MethodNotAllowed', 405, `${kind.plural} cannot be watched here; list them again`);
  }
  const all = objects
    .list(kind)
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  const newest = all.reduce(
    (version, { metadata }) => Math.max(version, Number(metadata.resourceVersion)),
    0,
  );
  return {
    kind: `${kind.kind}List`,
    apiVersion: 'v1',
    metadata: { resourceVersion: String(newest) },
    items: selected(all, query),
  };
}

/** @throws {ApiError} NotFound. */
export function oneOf(objects: ObjectStore, kind: Served, namespace: string, name: string): StoredObject {
  const found = objects.get(kind, namespace, name);
  if (!found) throw notFound(kind, name);
  return { ...found, kind: kind.kind, apiVersion: kind.apiVersion };
}
