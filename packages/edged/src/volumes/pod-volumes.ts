import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@edgecore/api';
import { VolumeError, VolumeStepError } from '../errors.js';
import type { Pod, Volume } from '../kube-types.js';
import { emptyDir } from './empty-dir.js';
import { hostPath } from './host-path.js';
import { mountsBelow } from './mount-table.js';
import { configMap, downwardApi, projected, secret } from './object-volumes.js';
import type { TmpfsMounter } from './tmpfs.js';
import type { MountedVolume, VolumeContext, VolumePlugin } from './volume-plugin.js';

export type { MountedVolume };

const PLUGINS: readonly VolumePlugin[] = [emptyDir, hostPath, configMap, secret, downwardApi, projected];

/** By volume name. */
export type MountedVolumes = ReadonlyMap<string, MountedVolume>;

/** Sets up, refreshes and removes the volumes of pods below `<root>/pods/<uid>/volumes`. */
export class PodVolumes {
  readonly #rootDirectory: string;
  readonly #tmpfs: TmpfsMounter;
  readonly #plugins: readonly VolumePlugin[];
  /** By `<uid>/<volume>`: set up in this process. */
  readonly #ready = new Map<string, MountedVolume>();

  /** @param more Kinds of volumes besides those every node has. */
  constructor(rootDirectory: string, tmpfs: TmpfsMounter, more: readonly VolumePlugin[] = []) {
    this.#rootDirectory = rootDirectory;
    this.#tmpfs = tmpfs;
    this.#plugins = [...PLUGINS, ...more];
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
    const { used, asDevices } = volumeUses(pod);
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
      const whole = { ...context, pod, tmpfs: this.#tmpfs, fsGroup: group };
      const ready = await this.#setUpOne(volume, whole, asDevices.has(volume.name));
      mounted.set(volume.name, ready);
    }
    return mounted;
  }

  async #setUpOne(volume: Volume, context: VolumeContext, asDevice: boolean): Promise<MountedVolume> {
    const { uid } = context.pod.metadata;
    const key = `${uid}/${volume.name}`;
    const plugin = this.#plugins.find((one) => one.handles(volume));
    try {
      if (!plugin) throw new VolumeError(`no volume plugin matched: ${kindOf(volume)} is not supported here`);
      if (asDevice) throw new VolumeError('volumeDevices are not supported here, only volumeMounts');
      const directory = join(this.podDirectory(uid), 'volumes', plugin.directory, volume.name);
      if (plugin.directory !== '') {
        await mkdir(join(directory, '..'), { recursive: true, mode: 0o750 });
      }
      const made = await plugin.setUp(volume, directory, context);
      const ready = typeof made === 'string' ? { hostPath: made, readOnly: plugin.readOnly } : made;
      this.#ready.set(key, ready);
      return ready;
    } catch (error) {
      context.signal?.throwIfAborted();
      const failure =
        error instanceof VolumeStepError
          ? error
          : new VolumeStepError('FailedMount', 'MountVolume.SetUp', volume.name, error);
      context.warn(failure.reason, failure.message);
      const ready = this.#ready.get(key);
      // Running containers keep the content they have until it can be read again.
      if (ready && !plugin?.mustBeMounted) return ready;
      throw failure;
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
    // First: what a driver has mounted it must unmount itself.
    for (const plugin of this.#plugins) await plugin.tearDown?.(uid);
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

/** Volumes some container uses, and those it wants as devices. */
function volumeUses({ spec }: Pod) {
  const containers = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  const namesOf = (key: 'volumeMounts' | 'volumeDevices') =>
    containers.flatMap((container) => (container[key] ?? []).map(({ name }) => name));
  const asDevices = new Set(namesOf('volumeDevices'));
  return { used: new Set([...namesOf('volumeMounts'), ...asDevices]), asDevices };
}

function kindOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== 'name') ?? 'a volume without a source';
}
