import { hasCode } from '@edgecore/api';
import { Backoff } from '../../backoff/backoff.js';
import type { VolumeStepError } from '../../errors.js';
import type { ObjectSource } from '../../ports/object-source.js';
import type { FsGroup } from '../../volumes/fs-group.js';
import { CsiNode, type CsiNodeOptions } from './csi-node.js';
import { uniqueVolumeName } from './csi-paths.js';
import { attachVolume, mountVolume } from './mount-volume.js';
import { unmountVolume } from './unmount-volume.js';
import { allKnownVolumes, knownVolumes } from './vol-data.js';
import { VolumeLocks } from './volume-locks.js';
import type { CsiVolumeSpec } from './volume-spec.js';

export interface CsiSetUpContext {
  readonly objects: ObjectSource;
  readonly fsGroup: FsGroup | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Kubelet's waits between failed operations of one volume. */
const BACKOFF = { initialMs: 500, maxMs: 122_000 };

/**
 * CSI volumes of pods (edged.md §14): staged once per node, published once per pod, and undone by what is on
 * disk beside them, so that an agent that was started again, or never knew the pod, can do it.
 */
export class CsiVolumes {
  readonly #node: CsiNode;
  readonly #locks = new VolumeLocks();
  readonly #backoff = new Backoff(BACKOFF);
  /** By `<uid>/<name>/`: the failure that is being waited out. */
  readonly #failures = new Map<string, VolumeStepError>();
  /** By `<uid>/<name>/`: names of persistent volumes for the node's status. */
  readonly #inUse = new Map<string, string>();

  constructor(options: CsiNodeOptions) {
    this.#node = new CsiNode(options);
  }

  /** `volumesInUse` of the node's status: the cloud must not detach them. Sorted. */
  inUse(): readonly string[] {
    return [...new Set(this.#inUse.values())].sort();
  }

  /** Learns what an earlier run has mounted. */
  async recall(): Promise<void> {
    for (const volume of await allKnownVolumes(this.#node.paths)) {
      const { podUid, specVolID, driverName, volumeHandle, volumeLifecycleMode } = volume;
      if (volumeLifecycleMode === 'Ephemeral') continue;
      this.#inUse.set(keyOf(podUid, specVolID), uniqueVolumeName(driverName, volumeHandle));
    }
  }

  /**
   * Attaches, stages and publishes a volume as far as it is not.
   *
   * @returns the path to bind into containers.
   * @throws {VolumeError} when it cannot be; call again later.
   */
  async setUp(spec: CsiVolumeSpec, { signal: outer, ...context }: CsiSetUpContext): Promise<string> {
    const key = keyOf(spec.podUid, spec.name);
    // Before it is attached: what is about to be used must not be detached either.
    if (spec.lifecycle === 'Persistent') this.#inUse.set(key, uniqueVolumeName(spec.driver, spec.handle));
    const node = this.#node;
    const target = node.paths.target(spec.podUid, spec.name);
    if (await node.isReady(target)) return target;
    const { clock, signal: ending } = node.options;
    const failure = this.#failures.get(key);
    if (failure && this.#backoff.remainingSinceUpdateMs(key, clock.now()) > 0) throw failure;
    const signal = outer ? AbortSignal.any([outer, ending]) : ending;
    const work = { node, spec, driver: node.driver(spec.driver), signal, ...context };
    try {
      const publishContext = await attachVolume(work);
      // One at a time per volume: who stages and who unstages must see each other.
      await this.#locks.run(lockOf(spec.driver, spec.handle), () =>
        mountVolume(work, publishContext, target),
      );
    } catch (error) {
      if (hasCode(error, 'ERR_VOLUME')) {
        this.#backoff.next(key, clock.now());
        this.#failures.set(key, error as VolumeStepError);
      }
      throw error;
    }
    this.#forget(key);
    return target;
  }

  /**
   * Unpublishes a pod's volumes and unstages those no other pod uses.
   *
   * @throws {VolumeError} when a driver does not, or is not registered: call again later.
   */
  async tearDown(podUid: string): Promise<void> {
    for (const volume of await knownVolumes(this.#node.paths, podUid)) {
      const lock = lockOf(volume.driverName, volume.volumeHandle);
      await this.#locks.run(lock, () => unmountVolume(this.#node, volume));
    }
    const prefix = `${podUid}/`;
    for (const key of this.#inUse.keys()) if (key.startsWith(prefix)) this.#inUse.delete(key);
    this.#forget(prefix);
  }

  #forget(prefix: string): void {
    this.#backoff.forget(prefix);
    for (const key of this.#failures.keys()) if (key.startsWith(prefix)) this.#failures.delete(key);
  }
}

function keyOf(podUid: string, name: string): string {
  return `${podUid}/${name}/`;
}

function lockOf(driver: string, handle: string): string {
  return `${driver}\n${handle}`;
}
