import type { SideName } from '../model/twin.js';

/**
 * What the cloud has to hear of one device: per twin, which sides. A mark is
 * either kept on disk, or only of this connection: each connect begins with
 * everything once more, and need not be written down for that (devicetwin.md §8.5).
 */
export const EXPECTED = 1;
export const ACTUAL = 2;
const KEPT = EXPECTED | ACTUAL;
const PASSING_SHIFT = 2;

export function kept(sides: Readonly<Record<SideName, boolean>>): number {
  return (sides.expected ? EXPECTED : 0) | (sides.actual ? ACTUAL : 0);
}

/** The same sides, for this connection only. */
export function passing(bits: number): number {
  return bits << PASSING_SHIFT;
}

export function onlyKept(bits: number): number {
  return bits & KEPT;
}

/** The sides marked either way, as kept bits. */
export function eitherWay(bits: number): number {
  return onlyKept(bits | (bits >> PASSING_SHIFT));
}

export function sidesOf(bits: number): Readonly<Record<SideName, boolean>> {
  const either = eitherWay(bits);
  return { expected: (either & EXPECTED) !== 0, actual: (either & ACTUAL) !== 0 };
}

export function addMarks(to: Map<string, number>, marks: Iterable<readonly [string, number]>): void {
  for (const [key, bits] of marks) to.set(key, (to.get(key) ?? 0) | bits);
}
