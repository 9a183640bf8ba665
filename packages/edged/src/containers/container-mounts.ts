import { join } from 'node:path';
import type { Mount } from '@edgecore/container-runtime';
import { expand } from '../env/expand.js';
import { ContainerHeldError } from '../errors.js';
import type { Container, VolumeMount } from '../kube-types.js';
import type { MountedVolumes } from '../volumes/pod-volumes.js';
import { resolveSubPath } from '../volumes/sub-path.js';

/**
 * The engine's mounts for a container's `volumeMounts` (edged.md §6.1, §7.5).
 *
 * @throws {ContainerHeldError} `CreateContainerConfigError` naming the mount.
 */
export async function containerMounts(
  container: Container,
  volumes: MountedVolumes,
  environment: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (volume === undefined)
      throw held(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const readOnly = volume.readOnly || (mount.readOnly ?? false);
    const subPath = subPathOf(mount, environment);
    mounts.push({
      hostPath: subPath === '' ? volume.hostPath : await resolveSubPath(volume.hostPath, subPath, readOnly),
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : join('/', mount.mountPath),
      readOnly,
      ...propagation(mount, container),
    });
  }
  return mounts;
}

function subPathOf(mount: VolumeMount, environment: ReadonlyMap<string, string>): string {
  if (!mount.subPathExpr) return mount.subPath ?? '';
  const missing: string[] = [];
  const path = expand(mount.subPathExpr, (name) => {
    const value = environment.get(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0) {
    throw held(`missing value for ${missing.join(', ')} in subPathExpr "${mount.subPathExpr}"`);
  }
  return path;
}

/** None is private, which asks nothing of the host's mounts. */
function propagation(
  { mountPropagation: mode = 'None', name }: VolumeMount,
  container: Container,
): Pick<Mount, 'propagation'> {
  if (mode === 'HostToContainer') return { propagation: 'rslave' };
  if (mode !== 'Bidirectional') return {};
  if (!container.securityContext?.privileged) {
    throw held(`volume "${name}": Bidirectional mount propagation is for privileged containers only`);
  }
  return { propagation: 'rshared' };
}

function held(message: string): ContainerHeldError {
  return new ContainerHeldError('CreateContainerConfigError', message);
}
