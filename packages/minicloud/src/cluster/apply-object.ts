import type { KubeObject } from '@edgecore/api';
import { completeDevice } from '../devices/apply-device.js';
import { ApiError } from '../errors.js';
import { mustReplacePod } from '../manifests/manifest-plan.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { defaultPod } from '../objects/pod-defaults.js';
import { type Fields, namespaceOf, type StoredObject, specOf } from '../objects/stored-object.js';
import { chooseNodeFor } from './pod-binding.js';

/** Creates a validated object, or brings an existing one to the state given. @throws {ApiError} when a pod cannot change in place. */
export async function applyObject(
  objects: ObjectStore,
  kind: Kind,
  object: KubeObject,
): Promise<StoredObject> {
  const namespace = namespaceOf(object);
  const name = object.metadata?.name ?? '';
  const existing = objects.get(kind, namespace, name);
  if (kind === Kinds.pod) return existing ? updatePod(objects, existing, object) : createPod(objects, object);
  const complete = (draft?: StoredObject) =>
    kind === Kinds.device ? completeDevice(object, draft, objects) : object;
  if (!existing) {
    try {
      return await objects.create(kind, complete());
    } catch (error) {
      // The endpoints controller was a moment faster; what it made becomes what was applied.
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
    }
  }
  return objects.update(kind, namespace, name, (draft) => ({
    ...complete(draft),
    kind: kind.kind,
    apiVersion: kind.apiVersion,
    metadata: metadataOf(draft, object),
  }));
}

/** A pod as it is stored, with a node if there is one. */
function createPod(objects: ObjectStore, pod: KubeObject): Promise<StoredObject> {
  const complete = defaultPod(pod);
  const spec = specOf(complete);
  const nodeName = spec['nodeName'] ?? chooseNodeFor(spec, objects);
  return objects.create(
    Kinds.pod,
    nodeName === undefined ? complete : { ...complete, spec: { ...spec, nodeName } },
  );
}

async function updatePod(
  objects: ObjectStore,
  existing: StoredObject,
  pod: KubeObject,
): Promise<StoredObject> {
  const { name, namespace = '', deletionTimestamp } = existing.metadata;
  if (deletionTimestamp) {
    throw new ApiError('Conflict', 409, `pod "${name}" is being deleted; apply it again when it is gone`);
  }
  const complete = defaultPod(pod);
  if (mustReplacePod(existing, complete)) {
    throw new ApiError(
      'Invalid',
      422,
      `pod "${name}": a running pod can only change its images, labels and annotations; delete it first`,
    );
  }
  return objects.update(Kinds.pod, namespace, name, (draft) => ({
    ...draft,
    metadata: metadataOf(draft, pod),
    spec: withImages(specOf(draft), specOf(complete)),
  }));
}

function metadataOf(draft: StoredObject, given: KubeObject) {
  const { labels, annotations } = given.metadata ?? {};
  const { labels: _labels, annotations: _annotations, ...identity } = draft.metadata;
  return { ...identity, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
}

function withImages(current: Fields, wanted: Fields): Fields {
  const images = (field: string) => {
    const list = current[field];
    if (!Array.isArray(list)) return {};
    const given = (wanted[field] ?? []) as { image?: unknown; imagePullPolicy?: unknown }[];
    return {
      [field]: list.map((container, index) => ({
        ...container,
        image: given[index]?.image,
        imagePullPolicy: given[index]?.imagePullPolicy,
      })),
    };
  };
  return { ...current, ...images('containers'), ...images('initContainers') };
}
