import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { directoryUsage } from '../../eviction/directory-usage.js';
import type { FileSystemUsage } from '../../node/host.js';
import { podLogDirectory } from '../../pods/pod-paths.js';
import { pause } from '../../ports/clock.js';
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

/** So long an answer waits for figures that are missing or old; then it has the old ones, or none. */
const WAIT_MS = 3000;

/** What pods take on disks, measured when somebody asks and at most once a minute. */
export class PodStorages {
  readonly #known = new Map<string, PodStorage>();
  #measuring: Promise<void> | undefined;

  constructor(
    private readonly source: ServerSource,
    private readonly settings: ServerSettings,
  ) {}

  /** By pod uid. Takes {@link WAIT_MS} at most, goes on measuring after that. */
  async of(samples: readonly PodSample[]): Promise<ReadonlyMap<string, PodStorage>> {
    const uids = new Set(samples.map(({ identity }) => identity.uid));
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid);
    const stale = samples.filter((sample) => !this.#isFresh(sample));
    if (stale.length > 0) {
      this.#measuring ??= this.#measure(stale).finally(() => {
        this.#measuring = undefined;
      });
      const enough = new AbortController();
      await Promise.race([
        this.#measuring,
        pause(this.source.clock, WAIT_MS, enough.signal).catch(() => undefined),
      ]);
      enough.abort();
    }
    return new Map(this.#known);
  }

  #isFresh({ identity, containers }: PodSample): boolean {
    const known = this.#known.get(identity.uid);
    if (!known || this.source.clock.now() - known.time >= FRESH_MS) return false;
    return containers.every(({ container }) => known.containers.has(container.id));
  }

  /** One after the other: walking files must not keep the disk from the pods. Never rejects. */
  async #measure(samples: readonly PodSample[]): Promise<void> {
    for (const sample of samples) {
      const { uid } = sample.identity;
      const containers = await Promise.all(
        sample.containers.map(async (one) => [one.container.id, await this.#container(one)] as const),
      );
      const volumes = await this.#volumes(uid);
      this.#known.set(uid, { time: this.source.clock.now(), containers: new Map(containers), volumes });
    }
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
        // A driver mounts below the directory of the volume (edged.md §14).
        const directory = join(top, plugin, name, ...(plugin === 'kubernetes.io~csi' ? ['mount'] : []));
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
