import type { Kind } from './kinds.js';
import type { ObjectStore } from './object-store.js';
import type { StoredObject } from './stored-object.js';

/** A Kubernetes list, `ServiceList` and so on. */
export interface ObjectList {
  readonly apiVersion: string;
  readonly items: readonly StoredObject[];
  readonly kind: string;
  /** Version of the newest object of the kind, selected or not. */
  readonly metadata: { readonly resourceVersion: string };
}

/** The objects of a kind that `selects` lets through, each with its type; without a namespace those of all. */
export function objectList(
  objects: ObjectStore,
  kind: Kind,
  namespace: string | undefined,
  selects: (object: StoredObject) => boolean,
): ObjectList {
  const all = objects
    .list(kind)
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  const newest = all.reduce(
    (version, { metadata }) => Math.max(version, Number(metadata.resourceVersion)),
    0,
  );
  return {
    apiVersion: kind.apiVersion,
    items: all.filter(selects).map((object) => typed(kind, object)),
    kind: `${kind.kind}List`,
    metadata: { resourceVersion: String(newest) },
  };
}

/** Objects that nodes made may have been stored without their type. */
export function typed(kind: Kind, object: StoredObject): StoredObject {
  return { ...object, apiVersion: kind.apiVersion, kind: kind.kind };
}
