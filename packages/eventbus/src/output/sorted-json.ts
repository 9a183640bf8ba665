import { isRecord } from '@edgecore/api';
import { stringifyJson } from '@edgecore/beehive';

/** JSON with the keys of all objects sorted, as Go writes maps. */
export function sortedJson(value: unknown): string {
  return stringifyJson(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value) || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
