import type { ContainerStatus } from '@edgecore/container-runtime';
import type { Container, PodSpec } from '../kube-types.js';
import { hasExited } from '../observe/observed-pod.js';

/** A native sidecar: an init container that keeps running. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** May this container be started (again), given its newest instance (edged.md §4.2)? */
export function mayStart(spec: PodSpec, instance: ContainerStatus | undefined): boolean {
  if (!instance || !hasExited(instance)) return true;
  if (spec.restartPolicy === 'Never') return false;
  if (spec.restartPolicy === 'OnFailure') return instance.exitCode !== 0;
  return true;
}
