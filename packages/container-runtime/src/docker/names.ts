import { randomBytes } from 'node:crypto';
import type { PodIdentity } from '../runtime.js';

/** What a Docker object of ours is called after (edged.md §5.1, §6.1). */
export interface DockerName {
  readonly pod: PodIdentity;
  /** `POD` for a sandbox. */
  readonly container: string;
  /** Attempt of a sandbox, restart count of a container. */
  readonly attempt: number;
}

export const SANDBOX_CONTAINER = 'POD';

/** `k8s_POD_<pod>_<ns>_<uid>_<attempt>`. */
export function sandboxName(pod: PodIdentity, attempt: number): string {
  return containerName(pod, SANDBOX_CONTAINER, attempt);
}

/** `k8s_<container>_<pod>_<ns>_<uid>_<restart count>`. */
export function containerName(pod: PodIdentity, container: string, attempt: number): string {
  return ['k8s', container, pod.name, pod.namespace, pod.uid, attempt].join('_');
}

/** The name to take when the engine claims the regular one is in use by something it cannot find. */
export function withRandomSuffix(name: string): string {
  return `${name}_${randomBytes(4).toString('hex')}`;
}

/**
 * Reads a container's name, with or without the engine's leading slash.
 * `undefined` for names that are not of this scheme.
 */
export function parseDockerName(name: string): DockerName | undefined {
  const parts = name.replace(/^\//, '').split('_');
  const [prefix, container, pod, namespace, uid, attempt] = parts;
  if (prefix !== 'k8s' || (parts.length !== 6 && parts.length !== 7)) return undefined;
  if (!container || !pod || !namespace || !uid || !attempt || !/^\d+$/.test(attempt)) return undefined;
  return { pod: { uid, namespace, name: pod }, container, attempt: Number(attempt) };
}
