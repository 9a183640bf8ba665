import { createHash } from 'node:crypto';
import type { KubeObject } from '@edgecore/api';
import { type Kind, Kinds } from '../objects/kinds.js';
import { isSameJson } from '../objects/same-json.js';
import { objectKey, type StoredObject, specOf } from '../objects/stored-object.js';
import type { ManifestObject } from './parse-manifest.js';

/** Names the file an applied object came from; survives restarts of the cloud. */
export const MANIFEST_ANNOTATION = 'minicloud.edgecore.io/manifest';

/** What a device's file said when it was last applied. */
export const CONTENT_ANNOTATION = 'minicloud.edgecore.io/manifest-content';

/** One thing to do to make the cloud's objects match the files. */
export type ManifestStep =
  | { readonly do: 'apply'; readonly kind: Kind; readonly object: KubeObject }
  /** Gracefully; an object still to come is applied once this one is gone. */
  | { readonly do: 'delete'; readonly kind: Kind; readonly namespace: string; readonly name: string };

export interface PlanInput {
  /** Objects of each file that could be read. */
  readonly files: ReadonlyMap<string, readonly ManifestObject[]>;
  /** Files that are there but broken: what they gave before stays. */
  readonly brokenFiles: ReadonlySet<string>;
  /** What the cloud has now of the kinds people apply. */
  readonly current: readonly { readonly kind: Kind; readonly object: StoredObject }[];
  /** A pod's spec as it would be stored, for comparing. */
  readonly completePod: (pod: KubeObject) => KubeObject;
}

/** Compares files and cloud. Objects that no file ever brought are left alone. */
export function planManifests(input: PlanInput): ManifestStep[] {
  const steps: ManifestStep[] = [];
  const current = new Map(input.current.map((entry) => [keyOf(entry.kind, entry.object), entry]));
  const wanted = new Set<string>();
  for (const [file, objects] of input.files) {
    for (const { kind, object } of objects) {
      const key = keyOf(kind, object);
      if (wanted.has(key)) continue;
      wanted.add(key);
      const existing = current.get(key)?.object;
      if (existing?.metadata.deletionTimestamp) continue;
      const annotations: Record<string, string> = {
        ...object.metadata?.annotations,
        [MANIFEST_ANNOTATION]: file,
      };
      if (kind === Kinds.device) {
        // A wish set by hand counts until the file says something new.
        annotations[CONTENT_ANNOTATION] = fingerprint(object);
        const before = existing?.metadata.annotations;
        if (before && isSameJson(pick(before), pick(annotations))) continue;
      }
      const marked = { ...object, metadata: { ...object.metadata, annotations } };
      if (existing && kind === Kinds.pod && mustReplacePod(existing, input.completePod(object))) {
        steps.push({
          do: 'delete',
          kind,
          namespace: marked.metadata.namespace!,
          name: marked.metadata.name!,
        });
      } else steps.push({ do: 'apply', kind, object: marked });
    }
  }
  for (const { kind, object } of input.current) {
    const file = object.metadata.annotations?.[MANIFEST_ANNOTATION];
    if (file === undefined || wanted.has(keyOf(kind, object)) || input.brokenFiles.has(file)) continue;
    if (object.metadata.deletionTimestamp) continue;
    const { name, namespace = '' } = object.metadata;
    steps.push({ do: 'delete', kind, namespace, name });
  }
  return steps;
}

/** A pod's spec cannot change in place, except for the images (Kubernetes' rule). */
export function mustReplacePod(existing: KubeObject, wanted: KubeObject): boolean {
  return !isSameJson(fixedSpec(existing), fixedSpec(wanted));
}

function fixedSpec(pod: KubeObject): unknown {
  const { nodeName: _nodeName, containers, initContainers, ...rest } = specOf(pod);
  const withoutImages = (list: unknown) =>
    Array.isArray(list)
      ? list.map(({ image: _image, imagePullPolicy: _policy, ...container }) => container)
      : [];
  return { ...rest, containers: withoutImages(containers), initContainers: withoutImages(initContainers) };
}

function fingerprint(object: KubeObject): string {
  return createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16);
}

function pick(annotations: Readonly<Record<string, string>>): unknown[] {
  return [annotations[MANIFEST_ANNOTATION], annotations[CONTENT_ANNOTATION]];
}

function keyOf(kind: Kind, object: KubeObject): string {
  return objectKey(kind, object.metadata?.namespace ?? '', object.metadata?.name ?? '');
}
