/** Merge keys of the lists in the status of a node or pod; other lists are replaced. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  podIPs: 'ip',
  hostIPs: 'ip',
};

type Json = Record<string, unknown>;

/** A small reading of Kubernetes' strategic merge patch: what an API server does with ours. */
export function applyPatch<T extends object>(target: T, patch: object): T {
  const result: Json = { ...(target as Json) };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(key, result[key], value);
    else if (typeof value === 'object')
      result[key] = applyPatch((result[key] as object) ?? {}, value as object);
    else result[key] = value;
  }
  return result as T;
}

function mergeList(key: string, before: unknown, patch: readonly unknown[]): unknown[] {
  const mergeKey = MERGE_KEYS[key];
  const items = patch.filter((one) => !(isJson(one) && '$patch' in one));
  const replace = items.length < patch.length;
  if (mergeKey === undefined || replace) return [...items];
  const merged = [...((before as Json[] | undefined) ?? [])];
  for (const item of items as Json[]) {
    const index = merged.findIndex((one) => one[mergeKey] === item[mergeKey]);
    if (index < 0) merged.push(applyPatch({}, item));
    else merged[index] = applyPatch(merged[index]!, item);
  }
  return merged;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
