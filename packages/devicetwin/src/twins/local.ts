import type { TwinInput, TwinInputs } from '../json/twin-input.js';
import { isLive, SIDES, type SideName, TOMBSTONE, type Twin, versionOf } from '../model/twin.js';
import { keyProblem, Reason, type Strictness, valueProblem } from './validate.js';

/** A key that changes: what it was, what it becomes, and which sides are new. */
export interface TwinChange {
  readonly key: string;
  readonly before: Twin | undefined;
  readonly after: Twin;
  readonly touched: Readonly<Record<SideName, boolean>>;
}

export type LocalOutcome =
  | { readonly ok: true; readonly changes: readonly TwinChange[] }
  | { readonly ok: false; readonly reason: string };

/**
 * What a device's own update does to its twins: all of it or nothing
 * (devicetwin.md §7.4, dealType 0). Every side given raises its edge version.
 */
export function planLocal(
  twins: ReadonlyMap<string, Twin>,
  inputs: TwinInputs,
  { now, strictness }: { readonly now: number; readonly strictness: Strictness },
): LocalOutcome {
  const changes: TwinChange[] = [];
  for (const [key, input] of inputs) {
    const before = twins.get(key);
    const problem = keyProblem(key, strictness) ?? inputProblem(before, input, strictness);
    if (problem !== undefined) return { ok: false, reason: problem };
    const change = input === null ? deletion(key, before) : update(key, before, input, now);
    if (change) changes.push(change);
  }
  return { ok: true, changes };
}

function inputProblem(
  before: Twin | undefined,
  input: TwinInput | null,
  strictness: Strictness,
): string | undefined {
  if (input === null) return before ? undefined : Reason.noValue;
  const type = governingType(before, input);
  for (const side of SIDES) {
    const given = input[side];
    if (!given) continue;
    const problem = given.value === undefined ? Reason.noValue : valueProblem(given.value, type, strictness);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A live twin keeps its type; a new or revived one takes the message's (§6). */
export function governingType(before: Twin | undefined, input: TwinInput): string {
  return isLive(before) ? before.type : input.type || 'string';
}

function update(
  key: string,
  before: Twin | undefined,
  input: TwinInput,
  now: number,
): TwinChange | undefined {
  const touched = { expected: input.expected !== undefined, actual: input.actual !== undefined };
  const live = isLive(before);
  const optional = before ? before.optional && input.optional !== false : (input.optional ?? true);
  if (live && !touched.expected && !touched.actual && optional === before.optional) return undefined;
  const after: { -readonly [K in keyof Twin]: Twin[K] } = {
    ...before,
    optional,
    type: governingType(before, input),
    metadata: metadataColumn(before, input),
  };
  for (const side of SIDES) {
    if (!touched[side]) continue;
    after[side] = { value: input[side]!.value!, timestamp: now };
    after[versionOf(side)] = nextEdgeVersion(before, side);
  }
  return { key, before, after, touched };
}

/** A deleted twin stays as a row, so that late messages of the cloud still meet its versions. */
function deletion(key: string, before: Twin | undefined): TwinChange | undefined {
  // What the cloud defined is not the device's to delete.
  if (!isLive(before) || !before.optional) return undefined;
  const after: { -readonly [K in keyof Twin]: Twin[K] } = {
    optional: before.optional,
    type: TOMBSTONE,
    metadata: before.metadata,
  };
  const touched = { expected: false, actual: false };
  for (const side of SIDES) {
    if (!before[versionOf(side)]) continue;
    after[versionOf(side)] = nextEdgeVersion(before, side);
    touched[side] = true;
  }
  return { key, before, after, touched };
}

export function metadataColumn(before: Twin | undefined, input: TwinInput): string {
  return input.type === undefined ? (before?.metadata ?? '') : '{}';
}

function nextEdgeVersion(before: Twin | undefined, side: SideName) {
  const { cloud, edge } = before?.[versionOf(side)] ?? { cloud: 0, edge: 0 };
  return { cloud, edge: edge + 1 };
}
