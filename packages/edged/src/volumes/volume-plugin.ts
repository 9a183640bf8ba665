import type { Logger } from '@edgecore/api';
import type { PodAddresses } from '../env/field-ref.js';
import type { NodeAllocatable } from '../env/resource-field-ref.js';
import type { Pod, Volume } from '../kube-types.js';
import type { ObjectSource } from '../ports/object-source.js';
import type { FsGroup } from './fs-group.js';
import type { TmpfsMounter } from './tmpfs.js';

/** What a plug-in needs to set up one volume of one pod. */
export interface VolumeContext {
  readonly pod: Pod;
  readonly objects: ObjectSource;
  readonly addresses: PodAddresses;
  readonly allocatable: NodeAllocatable;
  readonly tmpfs: TmpfsMounter;
  readonly fsGroup: FsGroup | undefined;
  readonly now: number;
  readonly log: Logger;
  /** Says something about the pod to whoever watches it. */
  warn(reason: string, message: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** A volume that is ready to be bound into containers. */
export interface MountedVolume {
  readonly hostPath: string;
  /** No container may write to it, whatever its mount says. */
  readonly readOnly: boolean;
}

/** One kind of volume. */
export interface VolumePlugin {
  /** Part of the path below `volumes/`; `''` when the volume has no directory of its own. */
  readonly directory: string;
  /** Containers never write to it, whatever their mount says: the agent owns what is in it. */
  readonly readOnly: boolean;
  /** What was ready before is not while {@link setUp} fails: its path may be an empty mount point. */
  readonly mustBeMounted?: boolean;
  handles(volume: Volume): boolean;
  /**
   * Makes the volume ready, or brings it up to date; called on every sync.
   *
   * @param directory Its own directory; exists only if the plug-in makes it.
   * @returns the path to bind into containers; with {@link readOnly} where that depends on the volume.
   * @throws {VolumeError} or what the object source throws; tried again later.
   */
  setUp(volume: Volume, directory: string, context: VolumeContext): Promise<string | MountedVolume>;
  /**
   * Undoes what {@link setUp} did for a pod beyond its directory. Also called for pods this process never
   * set up. @throws {VolumeError} when it cannot be now; nothing of the pod's volumes is removed then.
   */
  tearDown?(uid: string): Promise<void>;
}
