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

/** One kind of volume. */
export interface VolumePlugin {
  /** Part of the path below `volumes/`; `''` when the volume has no directory of its own. */
  readonly directory: string;
  /** Containers never write to it, whatever their mount says: the agent owns what is in it. */
  readonly readOnly: boolean;
  handles(volume: Volume): boolean;
  /**
   * Makes the volume ready, or brings it up to date; called on every sync.
   *
   * @param directory Its own directory; exists only if the plug-in makes it.
   * @returns the path to bind into containers.
   * @throws {VolumeError} or what the object source throws; tried again later.
   */
  setUp(volume: Volume, directory: string, context: VolumeContext): Promise<string>;
}
