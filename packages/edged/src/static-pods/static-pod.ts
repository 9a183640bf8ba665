import { createHash } from 'node:crypto';
import { isRecord } from '@edgecore/api';
import { InvalidPodError } from '../errors.js';
import type { Pod } from '../kube-types.js';
import { parsePod } from '../pods/parse-pod.js';
import { canonical } from '../report/canonical.js';
import { apiReference } from './api-references.js';

export const CONFIG_HASH = 'kubernetes.io/config.hash';
export const CONFIG_MIRROR = 'kubernetes.io/config.mirror';
const CONFIG_SOURCE = 'kubernetes.io/config.source';
const CONFIG_SEEN = 'kubernetes.io/config.seen';

export interface StaticPodOrigin {
  readonly nodeName: string;
  /** Path of the manifest. */
  readonly path: string;
  /** When it was read, milliseconds since the epoch. */
  readonly seenAt: number;
}

/**
 * The pod of a manifest as the kubelet would run it (edged.md §3.4): named after the
 * node, and with a uid that is stable as long as node, file and content are.
 *
 * @throws {InvalidPodError} naming what is missing, or what a pod without an API server cannot have.
 */
export function staticPod(manifest: unknown, { nodeName, path, seenAt }: StaticPodOrigin): Pod {
  if (!isRecord(manifest)) throw new InvalidPodError('the file does not hold an object');
  requireText(manifest['apiVersion'], 'apiVersion', 'v1');
  requireText(manifest['kind'], 'kind', 'Pod');
  const metadata = isRecord(manifest['metadata']) ? manifest['metadata'] : {};
  const spec = isRecord(manifest['spec']) ? manifest['spec'] : {};
  const name = metadata['name'];
  if (typeof name !== 'string' || name === '') throw new InvalidPodError('metadata.name is missing');
  const uid = metadata['uid'] || uidOf(manifest, nodeName, path);
  const tolerations = spec['tolerations'] ?? [];
  if (!Array.isArray(tolerations)) throw new InvalidPodError('spec.tolerations is not a list of objects');
  const pod = parsePod({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${nodeName.toLowerCase()}`,
      namespace: metadata['namespace'] || 'default',
      uid,
      labels: texts(metadata['labels'], 'metadata.labels'),
      annotations: {
        ...texts(metadata['annotations'], 'metadata.annotations'),
        [CONFIG_HASH]: uid,
        [CONFIG_SEEN]: new Date(seenAt).toISOString(),
        [CONFIG_SOURCE]: 'file',
      },
    },
    spec: {
      terminationGracePeriodSeconds: 30,
      ...spec,
      nodeName,
      // No taint of the node evicts it.
      tolerations: [...tolerations, { operator: 'Exists', effect: 'NoExecute' }],
    },
  });
  if (pod.problems) throw new InvalidPodError(pod.problems.join('; '));
  const reference = apiReference(pod.spec);
  if (reference) throw new InvalidPodError(`a static pod may not refer to objects of the API: ${reference}`);
  return pod;
}

/** The mirror of a static pod in the cloud has this annotation. */
export function isMirrorPod({ metadata }: Pod): boolean {
  return metadata.annotations?.[CONFIG_MIRROR] !== undefined;
}

/** 32 hex digits, as the kubelet's. */
function uidOf(manifest: Record<string, unknown>, nodeName: string, path: string): string {
  const text = canonical({ nodeName, path, manifest });
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function requireText(value: unknown, path: string, expected: string): void {
  if (value !== expected) {
    throw new InvalidPodError(
      `${path} is ${value === undefined ? 'missing' : JSON.stringify(value)}, expected "${expected}"`,
    );
  }
}

function texts(value: unknown, path: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw new InvalidPodError(`${path} is not a mapping`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new InvalidPodError(`${path}["${key}"] is not a text; put it in quotes`);
  }
  return value as Record<string, string>;
}
