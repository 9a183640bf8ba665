import { isDeepStrictEqual } from 'node:util';

/**
 * Do two values say the same as JSON? Prototypes do not count, nor keys that
 * are `undefined`: objects come from parsers, copies and callers' own hands.
 */
export function isSameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}
