import { mkdir } from 'node:fs/promises';
import type { Mount } from '../../runtime.js';
import type { EngineMount } from '../client/engine-types.js';

interface BindMount {
  readonly Type: 'bind';
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
  readonly BindOptions?: { readonly Propagation: string };
}

export interface MountFields {
  readonly Binds: readonly string[];
  readonly Mounts?: readonly BindMount[];
}

/** `Binds` in dockershim's form; paths with a colon, which would break those, as `Mounts` (edged.md §6.1). */
export function mountFields(mounts: readonly Mount[]): MountFields {
  const structured = mounts.filter(hasColon).map(bindMount);
  return {
    Binds: mounts.filter((mount) => !hasColon(mount)).map(bindString),
    ...(structured.length > 0 ? { Mounts: structured } : {}),
  };
}

/** `Binds` create missing host directories, `Mounts` do not. */
export async function prepareMounts(mounts: readonly Mount[]): Promise<void> {
  for (const mount of mounts.filter(hasColon)) {
    // A file or an existing directory is fine as it is; the engine names what is missing.
    await mkdir(mount.hostPath, { recursive: true, mode: 0o755 }).catch(() => {});
  }
}

/** The bind mounts of a container the engine inspected. */
export function mountsOfInspect(mounts: readonly EngineMount[]): Mount[] {
  return mounts
    .filter(({ Type }) => Type === undefined || Type === 'bind')
    .map((mount) => ({
      hostPath: mount.Source ?? '',
      containerPath: mount.Destination,
      readOnly: mount.RW === false,
      ...(isPropagation(mount.Propagation) ? { propagation: mount.Propagation } : {}),
      ...(mount.Mode?.split(',').includes('Z') ? { selinuxRelabel: true } : {}),
    }));
}

function hasColon({ hostPath, containerPath }: Mount): boolean {
  return hostPath.includes(':') || containerPath.includes(':');
}

function bindString({ hostPath, containerPath, readOnly, selinuxRelabel, propagation }: Mount): string {
  const attributes = [readOnly ? 'ro' : '', selinuxRelabel ? 'Z' : '', propagation ?? ''].filter(
    (text) => text !== '',
  );
  return [hostPath, containerPath, ...(attributes.length > 0 ? [attributes.join(',')] : [])].join(':');
}

function bindMount({ hostPath, containerPath, readOnly, propagation }: Mount): BindMount {
  return {
    Type: 'bind',
    Source: hostPath,
    Target: containerPath,
    ReadOnly: readOnly,
    ...(propagation ? { BindOptions: { Propagation: propagation } } : {}),
  };
}

function isPropagation(text: string | undefined): text is 'rslave' | 'rshared' {
  return text === 'rslave' || text === 'rshared';
}
