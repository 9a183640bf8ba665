import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, hasCode } from '@edgecore/api';
import { VolumeError } from '../errors.js';
import type { Pod, Volume } from '../kube-types.js';
import { emptyDir } from './empty-dir.js';
import { hostPath } from './host-path.js';
import { mountsBelow } from './mount-table.js';
import { configMap, downwardApi, projected, secret } from './object-volumes.js';
import type { TmpfsMounter } from './tmpfs.js';
import type { VolumeContext, VolumePlugin } from './volume-plugin.js';

const PLUGINS: readonly VolumePlugin[] = [emptyDir, hostPath, configMap, secret, downwardApi, projected];

/** A volume that is ready to be bound into containers. */
export interface MountedVolume {
  readonly hostPath: string;
  /** No container may write to it, whatever its mount says. */
  readonly readOnly: boolean;
}

/** By volume name. */
export type MountedVolumes = ReadonlyMap<string, MountedVolume>;

/** Sets up, refreshes and removes the volumes of pods below `<root>/pods/<uid>/volumes`. */
export class PodVolumes {
  readonly #rootDirectory: string;
  readonly #tmpfs: TmpfsMounter;
  /** By `<uid>/<volume>`: set up in this process. */
  readonly #ready = new Map<string, MountedVolume>();

  constructor(rootDirectory: string, tmpfs: TmpfsMounter) {
    this.#rootDirectory = rootDirectory;
    this.#tmpfs = tmpfs;
  }

  podDirectory(uid: string): string {
    return join(this.#rootDirectory, 'pods', uid);
  }

  /**
   * Makes all volumes ready that some container mounts. One that was ready
   * stays so when its object cannot be read now.
   *
   * @throws {VolumeError} with kubelet's text for the first one that fails.
   */
  async setUp(pod: Pod, context: Omit<VolumeContext, 'tmpfs' | 'fsGroup' | 'pod'>): Promise<MountedVolumes> {
    const mounted = new Map<string, MountedVolume>();
    const used = mountedNames(pod);
    const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {};
    const group =
      fsGroup === undefined
        ? undefined
        : ({
            gid: fsGroup,
            changePolicy: fsGroupChangePolicy === 'OnRootMismatch' ? 'OnRootMismatch' : 'Always',
          } as const);
    for (const volume of pod.spec.volumes ?? []) {
      if (!used.has(volume.name)) continue;
      const ready = await this.#setUpOne(volume, { ...context, pod, tmpfs: this.#tmpfs, fsGroup: group });
      mounted.set(volume.name, ready);
    }
    return mounted;
  }

  async #setUpOne(volume: Volume, context: VolumeContext): Promise<MountedVolume> {
    const { uid } = context.pod.metadata;
    const key = `${uid}/${volume.name}`;
    try {
      const plugin = PLUGINS.find((one) => one.handles(volume));
      if (!plugin) throw new VolumeError(`no volume plugin matched: ${kindOf(volume)} is not supported here`);
      const directory = join(this.podDirectory(uid), 'volumes', plugin.directory, volume.name);
      if (plugin.directory !== '') {
        await mkdir(join(directory, '..'), { recursive: true, mode: 0o750 });
      }
      const hostPath = await plugin.setUp(volume, directory, context);
      const ready = { hostPath, readOnly: plugin.readOnly };
      this.#ready.set(key, ready);
      return ready;
    } catch (error) {
      const text = `MountVolume.SetUp failed for volume "${volume.name}" : ${errorText(error)}`;
      context.warn('FailedMount', text);
      const ready = this.#ready.get(key);
      // Running containers keep the content they have until it can be read again.
      if (ready) return ready;
      throw new VolumeError(text, { cause: error });
    }
  }

  /**
   * Unmounts and removes what {@link setUp} made. Never deletes through a
   * mount point.
   *
   * @throws {VolumeError} when something is busy: call again later.
   */
  async tearDown(uid: string): Promise<void> {
    for (const key of this.#ready.keys()) if (key.startsWith(`${uid}/`)) this.#ready.delete(key);
    const directory = join(this.podDirectory(uid), 'volumes');
    await this.#unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }

  /** Removes the pod's whole directory. @throws {VolumeError} when something is busy. */
  async removePod(uid: string): Promise<void> {
    await this.tearDown(uid);
    await this.#unmountBelow(this.podDirectory(uid));
    await rm(this.podDirectory(uid), { recursive: true, force: true });
  }

  /** Uids that have a directory. */
  async directories(): Promise<string[]> {
    try {
      return await readdir(join(this.#rootDirectory, 'pods'));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  async #unmountBelow(directory: string): Promise<void> {
    for (const mount of await mountsBelow(directory)) {
      try {
        await this.#tmpfs.unmount(mount);
      } catch (error) {
        throw new VolumeError(`cannot unmount ${mount}`, { cause: error });
      }
    }
  }
}

function mountedNames({ spec }: Pod): Set<string> {
  const containers = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  return new Set(containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
}

function kindOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== 'name') ?? 'a volume without a source';
}
