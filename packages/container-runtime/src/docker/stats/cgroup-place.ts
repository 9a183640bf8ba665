import { join } from 'node:path';

/** Directories with the figures of one cgroup; on v2 all are the same. */
export interface CgroupPlace {
  readonly version: 1 | 2;
  /** Below the root of the hierarchies: `/docker/<id>`. */
  readonly path: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pids: string;
  readonly io: string;
}

/** Whose cgroup is looked for. */
export interface CgroupOwner {
  /** Full id of the container: engines name the cgroup after it (`/docker/<id>`, `docker-<id>.scope`). */
  readonly id: string;
  /** The pod it belongs to. */
  readonly podUid?: string | undefined;
}

export interface ContainerPlaces {
  readonly container: CgroupPlace;
  /** The cgroup of the whole pod, where the container lies in one. */
  readonly pod?: CgroupPlace;
}

/**
 * Finds a container's cgroups out of `/proc/<pid>/cgroup` of one of its processes.
 *
 * @param root where the hierarchies are mounted: `/sys/fs/cgroup`.
 * @returns `undefined` when the process is not the container's: another process has that pid (the engine is on
 *   another machine, or the container has ended), or its cgroup cannot be seen from here.
 */
export function cgroupPlaces(
  text: string,
  { id, podUid }: CgroupOwner,
  root: string,
): ContainerPlaces | undefined {
  const hierarchies = text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ controllers: controllers!, path }];
  });
  const isV1 = hierarchies.some(({ controllers }) => controllers.split(',').includes('memory'));
  const find = (controller: string, cut: Cut): { path: string; directory: string } | undefined => {
    const found = hierarchies.find(({ controllers }) =>
      controllers.split(',').includes(isV1 ? controller : ''),
    );
    const path = found && cut(found.path);
    if (path === undefined) return undefined;
    return { path, directory: join(root, isV1 ? found!.controllers : '', path) };
  };
  const place = (cut: Cut): CgroupPlace | undefined => {
    const [cpu, memory, pids, io] = ['cpuacct', 'memory', 'pids', 'blkio'].map((name) => find(name, cut));
    if (!cpu || !memory || !pids || !io) return undefined;
    return {
      version: isV1 ? 1 : 2,
      path: memory.path,
      cpu: cpu.directory,
      memory: memory.directory,
      pids: pids.directory,
      io: io.directory,
    };
  };
  const container = place((path) => upTo(path, (part) => part.includes(id)));
  const pod = podUid === undefined ? undefined : place((path) => podPath(path, podUid, id));
  return container && { container, ...(pod && { pod }) };
}

/** The part of a process's path that is looked for. */
type Cut = (path: string) => string | undefined;

/** Processes may move into cgroups of their own below the container's. */
function upTo(path: string, isLast: (part: string) => boolean): string | undefined {
  const parts = path.split('/');
  const index = parts.findIndex(isLast);
  return index < 0 || parts.includes('..') ? undefined : parts.slice(0, index + 1).join('/');
}

/** `pod<uid>` or, made by systemd, `kubepods-burstable-pod<uid with _ for ->.slice`, above the container. */
function podPath(path: string, uid: string, id: string): string | undefined {
  const slice = `pod${uid.replaceAll('-', '_')}.slice`;
  return upTo(path, (part) => !part.includes(id) && (part === `pod${uid}` || part.endsWith(slice)));
}
