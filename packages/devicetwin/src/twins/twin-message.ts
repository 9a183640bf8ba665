import { type SideName, type Twin, type TwinSide, type TwinVersion, versionOf } from '../model/twin.js';

/** A side as messages carry it; `{}` is a cleared one. */
export interface SideMessage {
  value?: string;
  metadata?: { timestamp: number };
}

/** A twin as messages carry it (devicetwin.md §5, MsgTwin); keys in upstream's order. */
export interface TwinMessage {
  expected?: SideMessage;
  actual?: SideMessage;
  optional: boolean;
  metadata: { type: string };
  expected_version?: TwinVersion;
  actual_version?: TwinVersion;
}

/** A map of a message: no prototype, so that `__proto__` is a key like any other; keys sorted as Go does. */
export function sortedRecord<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const record: Record<string, T> = Object.create(null);
  const sorted = [...entries];
  if (sorted.length > 1) sorted.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of sorted) record[key] = value;
  return record;
}

export function sideMessage({ value, timestamp }: TwinSide): SideMessage {
  return timestamp === undefined ? { value } : { value, metadata: { timestamp } };
}

/** The twin for MQTT: no versions. */
export function twinMessage(twin: Twin, sides: { expected: boolean; actual: boolean }): TwinMessage {
  return {
    ...(sides.expected && twin.expected ? { expected: sideMessage(twin.expected) } : {}),
    ...(sides.actual && twin.actual ? { actual: sideMessage(twin.actual) } : {}),
    optional: twin.optional,
    metadata: { type: twin.type },
  };
}

const BOTH = { expected: true, actual: true };

/** The whole twin for MQTT. */
export function wholeTwin(twin: Twin): TwinMessage {
  return twinMessage(twin, BOTH);
}

/** The twin for the cloud: the sides asked for with their versions; a side that was cleared is `{}`. */
export function reportedTwin(twin: Twin, sides: Readonly<Record<SideName, boolean>>): TwinMessage {
  const message: TwinMessage = {
    ...(sides.expected ? reportedSide(twin, 'expected') : {}),
    ...(sides.actual ? reportedSide(twin, 'actual') : {}),
    optional: twin.optional,
    metadata: { type: twin.type },
  };
  if (sides.expected && twin.expectedVersion) message.expected_version = twin.expectedVersion;
  if (sides.actual && twin.actualVersion) message.actual_version = twin.actualVersion;
  return message;
}

function reportedSide(twin: Twin, side: SideName): Partial<Record<SideName, SideMessage>> {
  const value = twin[side];
  if (value) return { [side]: sideMessage(value) };
  return twin[versionOf(side)] ? { [side]: {} } : {};
}
