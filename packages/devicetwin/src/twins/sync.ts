import type { TwinInput, TwinInputs } from '../json/twin-input.js';
import {
  isLive,
  SIDES,
  type SideName,
  TOMBSTONE,
  type Twin,
  type TwinVersion,
  versionOf,
} from '../model/twin.js';
import { governingType, metadataColumn, type TwinChange } from './local.js';
import { keyProblem, valueProblem } from './validate.js';

/** A side the cloud was refused, to be told what holds here. */
export interface Conflict {
  readonly key: string;
  readonly twin: Twin;
  readonly sides: Readonly<Record<SideName, boolean>>;
}

export interface SyncOutcome {
  readonly changes: readonly TwinChange[];
  readonly conflicts: readonly Conflict[];
  /** Twins whose last wish is remembered, though nothing else of them changed. */
  readonly remembered: readonly (readonly [key: string, twin: Twin])[];
}

export interface SyncOptions {
  readonly now: number;
  /** `edge`: what an edge application wished stays. `cloud`: a new wish of the cloud wins (§7.4). */
  readonly expectedConflict: 'edge' | 'cloud';
}

/** What a message of the cloud does to the twins, key by key (devicetwin.md §7.4, dealType 1 and 3). */
export function planSync(
  twins: ReadonlyMap<string, Twin>,
  inputs: TwinInputs,
  options: SyncOptions,
): SyncOutcome {
  const outcome = { changes: [], conflicts: [], remembered: [] } as {
    changes: TwinChange[];
    conflicts: Conflict[];
    remembered: [string, Twin][];
  };
  for (const [key, input] of inputs) {
    if (input === null || keyProblem(key, 'trusted') !== undefined) continue;
    const before = twins.get(key);
    const result = planKey(before, input, options);
    if (!result) continue;
    if (result.conflict) {
      outcome.conflicts.push({ key, twin: result.after ?? before!, sides: result.conflict });
    }
    if (result.changed && result.after) {
      outcome.changes.push({ key, before, after: result.after, touched: { expected: true, actual: true } });
    } else if (result.after) {
      outcome.remembered.push([key, result.after]);
    }
  }
  return outcome;
}

interface KeyResult {
  readonly after?: Twin;
  readonly changed: boolean;
  readonly conflict?: Readonly<Record<SideName, boolean>>;
}

function planKey(before: Twin | undefined, input: TwinInput, options: SyncOptions): KeyResult | undefined {
  if (input.type === TOMBSTONE && before) return planDeletion(before, input);
  return isLive(before) ? planUpdate(before, input, options) : planNew(before, input, options);
}

/** New, or deleted here before: taken with the versions it came with, or not at all. */
function planNew(before: Twin | undefined, input: TwinInput, { now }: SyncOptions): KeyResult | undefined {
  const type = governingType(before, input);
  const after: { -readonly [K in keyof Twin]: Twin[K] } = {
    ...before,
    optional: before ? before.optional && input.optional !== false : (input.optional ?? true),
    type,
    metadata: metadataColumn(before, input),
  };
  for (const side of SIDES) {
    const value = input[side]?.value;
    if (value === undefined) continue;
    const version = input[versionOf(side)];
    if (!version || valueProblem(value, type, 'trusted') !== undefined) return undefined;
    if (isOlder(version, before?.[versionOf(side)])) {
      return { changed: false, conflict: only(side) };
    }
    after[side] = { value, timestamp: now };
    after[versionOf(side)] = version;
    if (side === 'expected') after.lastWish = value;
  }
  if (type === TOMBSTONE) {
    after.expected = undefined;
    after.actual = undefined;
  }
  return { after, changed: true };
}

function planUpdate(before: Twin, input: TwinInput, options: SyncOptions): KeyResult | undefined {
  const after: { -readonly [K in keyof Twin]: Twin[K] } = { ...before };
  let changed = false;
  const wish = input.expected?.value;
  if (wish !== undefined) after.lastWish = wish;
  for (const side of SIDES) {
    const value = input[side]?.value;
    // An unfit value is passed over with its version; the rest of the key still counts (recorded).
    if (value === undefined || valueProblem(value, before.type, 'trusted') !== undefined) continue;
    const version = input[versionOf(side)];
    const stored = before[versionOf(side)];
    const wins = side === 'expected' && options.expectedConflict === 'cloud' && isNewWish(before, value);
    if (!version || (isOlder(version, stored) && !(wins && version.cloud > (stored?.cloud ?? 0)))) {
      return { after, changed, conflict: only(side) };
    }
    after[side] = { value, timestamp: options.now };
    after[versionOf(side)] = version;
    changed = true;
  }
  if (before.optional && input.optional === false) {
    after.optional = false;
    changed = true;
  }
  if (input.type !== undefined && before.metadata !== '{}') after.metadata = '{}';
  return changed || after.lastWish !== before.lastWish ? { after, changed } : undefined;
}

function planDeletion(before: Twin, input: TwinInput): KeyResult | undefined {
  if (!isLive(before)) return undefined;
  const after: { -readonly [K in keyof Twin]: Twin[K] } = {
    optional: before.optional,
    type: TOMBSTONE,
    metadata: before.metadata,
  };
  for (const side of SIDES) {
    const stored = before[versionOf(side)];
    const version = input[versionOf(side)];
    if (version && isOlder(version, stored)) {
      return { changed: false, conflict: { expected: true, actual: true } };
    }
    const kept = version && stored ? version : stored;
    if (kept) after[versionOf(side)] = kept;
  }
  return { after, changed: true };
}

/** Restarted agents do not know the last wish: then nothing counts as new. */
function isNewWish({ lastWish }: Twin, value: string): boolean {
  return lastWish !== undefined && lastWish !== value;
}

function isOlder(version: TwinVersion, stored: TwinVersion | undefined): boolean {
  return stored !== undefined && (stored.cloud > version.cloud || stored.edge > version.edge);
}

function only(side: SideName): Readonly<Record<SideName, boolean>> {
  return { expected: side === 'expected', actual: side === 'actual' };
}
