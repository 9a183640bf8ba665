import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { directoryUsage } from '../../eviction/directory-usage.js';
import type { FileSystemUsage } from '../../node/host.js';
import { podLogDirectory } from '../../pods/pod-paths.js';
import type { ServerSettings, ServerSource } from '../server-options.js';
import type { ContainerSample, PodSample } from './pod-samples.js';

export interface VolumeUsage {
  readonly name: string;
  readonly usedBytes: number;
  readonly inodesUsed: number;
  readonly fileSystem: FileSystemUsage | undefined;
  /** On a file system of its own: a tmpfs, or one of the host. */
  readonly isMounted: boolean;
}

export interface PodStorage {
  readonly time: number;
  /** By container id. */
  readonly containers: ReadonlyMap<
    string,
    { readonly writableBytes: number; readonly logBytes: number; readonly logInodes: number }
  >;
  readonly volumes: readonly VolumeUsage[];
}

/** Walking files is dear: figures of this age are good enough (`volumeStatsAggPeriod`). */
const FRESH_MS = 60_000;

/** What pods take on disks, measured when somebody asks and at most once a minute. */
export class PodStorages {
  readonly #known = new Map<string, PodStorage>();

  constructor(
    private readonly source: ServerSource,
    private readonly settings: ServerSettings,
  ) {}

  async of(sample: PodSample): Promise<PodStorage> {
    const { uid } = sample.identity;
    const known = this.#known.get(uid);
    const now = this.source.clock.now();
    const ids = sample.containers.map(({ container }) => container.id);
    if (known && now - known.time < FRESH_MS && ids.every((id) => known.containers.has(id))) return known;
    const measured = {
      time: now,
      containers: new Map(
        await Promise.all(
          sample.containers.map(async (one) => [one.container.id, await this.#container(one)] as const),
        ),
      ),
      volumes: await this.#volumes(uid),
    };
    this.#known.set(uid, measured);
    return measured;
  }

  /** Forgets the pods that are not among these. */
  keep(samples: readonly PodSample[]): void {
    const uids = new Set(samples.map(({ identity }) => identity.uid));
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid);
  }

  async #container({ container }: ContainerSample) {
    const { runtime, podLogsDir } = this.source;
    const usage = await runtime.diskUsage(container.id).catch(() => ({ writableBytes: 0, logBytes: 0 }));
    const logs = await directoryUsage(join(podLogDirectory(podLogsDir, container.pod), container.name));
    // An engine's own files, or those in the pod's directory: links to the first have no size.
    return {
      writableBytes: usage.writableBytes,
      logBytes: Math.max(usage.logBytes, logs.bytes),
      logInodes: logs.inodes,
    };
  }

  async #volumes(uid: string): Promise<VolumeUsage[]> {
    const { host } = this.settings;
    const top = join(this.source.rootDirectory, 'pods', uid, 'volumes');
    const node = await host.fileSystem(this.source.rootDirectory);
    const found: VolumeUsage[] = [];
    for (const plugin of await readdir(top).catch(() => [])) {
      for (const name of await readdir(join(top, plugin)).catch(() => [])) {
        const directory = join(top, plugin, name);
        const [usage, fileSystem] = await Promise.all([
          directoryUsage(directory),
          host.fileSystem(directory),
        ]);
        const isMounted = fileSystem?.device !== node?.device;
        found.push({ name, usedBytes: usage.bytes, inodesUsed: usage.inodes, fileSystem, isMounted });
      }
    }
    return found;
  }
}
