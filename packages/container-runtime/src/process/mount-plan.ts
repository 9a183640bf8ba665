import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Mount } from '../runtime.js';

/** A file system entry rebuilt below the new root so that the host's own view stays untouched. */
export type MirrorEntry =
  | {
      readonly kind: 'directory';
      readonly path: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'bindDirectory' | 'bindFile'; readonly path: string };

export interface VolumeBind {
  readonly source: string;
  readonly target: string;
  readonly type: 'directory' | 'file';
  /** Make the mount point: it lies on the new root's tmpfs or inside a volume mounted before. */
  readonly create: boolean;
  readonly readOnly: boolean;
}

/**
 * What is to be mounted, in order. Mount points that the host does not have
 * are never made on the host: every directory on the way to one is rebuilt on
 * a tmpfs (`mirror`), its entries bind-mounted from the host one by one, and
 * the container's root is changed to that tmpfs.
 */
export interface MountPlan {
  readonly newRoot: boolean;
  readonly mirror: readonly MirrorEntry[];
  readonly binds: readonly VolumeBind[];
  readonly propagation: 'private' | 'slave';
}

/** A volume that cannot be mounted; the text says which and why. */
export class MountPlanError extends Error {}

const MAX_MIRRORED_ENTRIES = 4096;

/** @throws {MountPlanError} */
export async function planMounts(mounts: readonly Mount[]): Promise<MountPlan> {
  const ordered = [...mounts].sort((a, b) => depth(a.containerPath) - depth(b.containerPath));
  const mirrored = new Set<string>();
  const binds: VolumeBind[] = [];
  for (const mount of ordered) {
    const bind = await planBind(mount, binds, mirrored);
    // A source hidden by an earlier volume is still reachable when volumes go to a new root.
    if (binds.some((earlier) => isInside(mount.hostPath, earlier.target))) mirrored.add('/');
    binds.push(bind);
  }
  return {
    newRoot: mirrored.size > 0,
    mirror: await mirrorEntries(mirrored),
    binds,
    propagation: mounts.some((mount) => mount.propagation === 'rslave') ? 'slave' : 'private',
  };
}

async function planBind(
  mount: Mount,
  earlier: readonly VolumeBind[],
  mirrored: Set<string>,
): Promise<VolumeBind> {
  const { hostPath, containerPath, readOnly } = mount;
  if (!containerPath.startsWith('/') || normalize(containerPath) === '/') {
    throw new MountPlanError(`${containerPath}: a mount path must be absolute and cannot be /`);
  }
  const source = await stat(hostPath).catch(() => undefined);
  if (!source)
    throw new MountPlanError(`${containerPath}: its source ${hostPath} does not exist on this host`);
  const type = source.isDirectory() ? 'directory' : 'file';
  const { target, ancestor } = await resolveTarget(normalize(containerPath).replace(/\/$/, ''));
  const bind = { source: hostPath, target, type, readOnly } as const;
  if (earlier.some((volume) => isInside(target, volume.target))) return { ...bind, create: true };
  const existing = await stat(target).catch(() => undefined);
  if (existing) {
    if (existing.isDirectory() !== source.isDirectory()) {
      throw new MountPlanError(
        `${containerPath}: a ${type} cannot be mounted over what is there on this host`,
      );
    }
    return { ...bind, create: false };
  }
  if (/^\/(proc|sys)(\/|$)/.test(ancestor)) {
    throw new MountPlanError(`${containerPath}: nothing can be added below ${ancestor}`);
  }
  if (!(await stat(ancestor)).isDirectory())
    throw new MountPlanError(`${containerPath}: ${ancestor} is not a directory`);
  for (let dir = ancestor; ; dir = dirname(dir)) {
    mirrored.add(dir);
    if (dir === '/') return { ...bind, create: true };
  }
}

/** The path with the symbolic links of its existing part resolved, and that part. */
async function resolveTarget(path: string): Promise<{ target: string; ancestor: string }> {
  let missing = '';
  for (let head = path; ; head = dirname(head)) {
    const real = await realpath(head).catch(() => undefined);
    if (real !== undefined) return { target: join(real, missing), ancestor: real };
    missing = join(head.slice(dirname(head).length).replace(/^\//, ''), missing);
  }
}

async function mirrorEntries(mirrored: ReadonlySet<string>): Promise<MirrorEntry[]> {
  const entries: MirrorEntry[] = [];
  for (const dir of [...mirrored].sort((a, b) => depth(a) - depth(b))) {
    const { mode, uid, gid } = await stat(dir);
    entries.push({ kind: 'directory', path: dir, mode: mode & 0o7777, uid, gid });
    const names = await readdir(dir).catch(() => {
      throw new MountPlanError(`a mount point is missing below ${dir}, which this agent may not list`);
    });
    for (const name of names) {
      const path = join(dir, name);
      if (mirrored.has(path)) continue;
      const entry = await lstat(path).catch(() => undefined);
      if (!entry) continue;
      if (entry.isSymbolicLink()) entries.push({ kind: 'symlink', path, target: await readlink(path) });
      else entries.push({ kind: entry.isDirectory() ? 'bindDirectory' : 'bindFile', path });
    }
    if (entries.length > MAX_MIRRORED_ENTRIES) {
      throw new MountPlanError(
        `a mount point is missing below ${dir}, which has too many entries to rebuild; create it on the host`,
      );
    }
  }
  return entries;
}

function depth(path: string): number {
  return normalize(path).split('/').filter(Boolean).length;
}

/** Is the path the directory itself or something below it? */
function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
