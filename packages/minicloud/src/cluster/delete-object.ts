import { notFound } from '../objects/api-status.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { deletePod } from './pod-deletion.js';

/** Deletes an object of any kind; a running pod gracefully. @throws {ApiError} NotFound. */
export async function deleteObject(
  objects: ObjectStore,
  kind: Kind,
  namespace: string,
  name: string,
  nowMs: number,
  options: { graceSeconds?: number } = {},
): Promise<void> {
  if (kind === Kinds.pod) await deletePod(objects, { namespace, name }, nowMs, options);
  else if (!(await objects.remove(kind, namespace, name))) throw notFound(kind, name);
}
