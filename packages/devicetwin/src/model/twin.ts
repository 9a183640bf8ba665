/** Versions of one side: the cloud's counts its changes, the edge's ours (devicetwin.md §7.4). */
export interface TwinVersion {
  readonly cloud: number;
  readonly edge: number;
}

/** One side of a twin. `''` is a value, too: an unset wish of the cloud. */
export interface TwinSide {
  readonly value: string;
  /** When it was set here, milliseconds since the epoch; absent when a Go agent did not keep it. */
  readonly timestamp?: number;
}

export type SideName = 'expected' | 'actual';
export type VersionName = 'expectedVersion' | 'actualVersion';

export const SIDES: readonly SideName[] = ['expected', 'actual'];

/** A property of a device. Never changed in place: whoever read it keeps what it read. */
export interface Twin {
  readonly expected?: TwinSide;
  readonly actual?: TwinSide;
  readonly expectedVersion?: TwinVersion;
  readonly actualVersion?: TwinVersion;
  readonly optional: boolean;
  /** {@link TOMBSTONE} for one that was deleted. */
  readonly type: string;
  /** Column `metadata` as upstream keeps it: `{}` when the message had some, else `''`. */
  readonly metadata: string;
  /** The cloud's last wish, in memory only: tells a new wish from an echo (§7.4, `expectedConflict`). */
  readonly lastWish?: string;
}

/** Type of a deleted twin; the row stays, so that its versions do (devicetwin.md §2). */
export const TOMBSTONE = 'deleted';

export function isLive(twin: Twin | undefined): twin is Twin {
  return twin !== undefined && twin.type !== TOMBSTONE;
}

export function versionOf(side: SideName): VersionName {
  return side === 'expected' ? 'expectedVersion' : 'actualVersion';
}
