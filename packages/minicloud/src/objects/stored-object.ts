import type { KubeObject, ObjectMeta } from '@edgecore/api';
import type { Kind } from './kinds.js';

/** An object as the cloud keeps it. Never changed in place. */
export interface StoredObject extends KubeObject {
  readonly metadata: ObjectMeta & {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
  };
}

/** `spec` and `status` where the code only looks at a few fields. */
export type Fields = Record<string, unknown>;

export function specOf(object: KubeObject): Fields {
  return (object['spec'] ?? {}) as Fields;
}

export function statusOf(object: KubeObject): Fields {
  return (object['status'] ?? {}) as Fields;
}

/** Cluster-scoped objects have no namespace. */
export function namespaceOf(object: KubeObject): string {
  return object.metadata?.namespace ?? '';
}

export function objectKey(kind: Kind, namespace: string, name: string): string {
  return `${kind.kind}/${kind.namespaced ? namespace : ''}/${name}`;
}

/** Objects of a 2020 cloud, and those inside answers to writes, carry neither (wire.md §6). */
export function withoutType(object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export function kubeTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Compares resource versions as numbers. */
export function isNewer(version: string, than: string): boolean {
  return Number(version) > Number(than);
}
