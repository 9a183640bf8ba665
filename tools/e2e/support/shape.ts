/** Differences in shape between two JSON values: missing keys, extra keys, other types. Values are not compared. */
export function shapeDifferences(expected: unknown, actual: unknown, path = ''): string[] {
  const [expectedType, actualType] = [typeOf(expected), typeOf(actual)];
  if (expectedType !== actualType) return [`${path || '.'}: ${expectedType} expected, ${actualType} found`];
  if (expectedType === 'array') return arrayDifferences(expected as unknown[], actual as unknown[], path);
  if (expectedType !== 'object') return [];
  const want = expected as Record<string, unknown>;
  const have = actual as Record<string, unknown>;
  const out: string[] = [];
  for (const key of Object.keys(want)) {
    if (!(key in have)) out.push(`${path}.${key}: missing`);
    else out.push(...shapeDifferences(want[key], have[key], `${path}.${key}`));
  }
  for (const key of Object.keys(have)) if (!(key in want)) out.push(`${path}.${key}: not in the recording`);
  return out;
}

/** Elements are compared with the expected element of the same `type` or `name`, else with the first. */
function arrayDifferences(expected: unknown[], actual: unknown[], path: string): string[] {
  if (expected.length === 0) return [];
  return actual.flatMap((element, index) => {
    const id = identity(element);
    const like = expected.find((candidate) => id !== undefined && identity(candidate) === id) ?? expected[0];
    return shapeDifferences(like, element, `${path}[${id ?? index}]`);
  });
}

function identity(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, name, Name } = value as { type?: string; name?: string; Name?: string };
  return type ?? name ?? Name;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
