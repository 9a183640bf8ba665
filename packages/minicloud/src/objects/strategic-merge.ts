import { isRecord } from '@edgecore/api';

/** Lists that merge by a key; every other list is replaced (Kubernetes API conventions, for pods and nodes). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  podIPs: 'ip',
  hostIPs: 'ip',
  ownerReferences: 'uid',
};

const ORDER_PREFIX = '$setElementOrder/';
const PRIMITIVE_PREFIX = '$deleteFromPrimitiveList/';

/**
 * A strategic merge patch applied to an object, which is not changed.
 * `null` removes a field; `$patch` (`replace`, `delete`), `$setElementOrder`,
 * `$retainKeys` and `$deleteFromPrimitiveList` are understood.
 *
 * @throws {TypeError} for an unknown `$patch` word.
 */
export function strategicMerge(
  original: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  checkDirective(patch);
  const result: Record<string, unknown> = { ...original };
  const kept = patch['$retainKeys'];
  if (Array.isArray(kept)) {
    for (const key of Object.keys(result)) if (!kept.includes(key)) delete result[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else if (isRecord(value)) {
      const before = result[key];
      result[key] = strategicMerge(isRecord(before) ? before : {}, value);
    } else if (Array.isArray(value)) result[key] = mergeList(key, result[key], value);
    else result[key] = value;
  }
  applyListDirectives(result, patch);
  return result;
}

function mergeList(field: string, original: unknown, patch: unknown[]): unknown[] {
  const key = MERGE_KEYS[field];
  if (key === undefined) return patch;
  const items = patch.filter(isRecord);
  const changes = items.filter((item) => !(item['$patch'] === 'replace' && item[key] === undefined));
  // A lone {"$patch":"replace"} turns the merge into a replacement.
  const start = changes.length < items.length || !Array.isArray(original) ? [] : original.filter(isRecord);
  const result = [...start];
  for (const change of changes) {
    checkDirective(change);
    const at = result.findIndex((item) => item[key] === change[key]);
    if (change['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at < 0) result.push(strategicMerge({}, change));
    else result[at] = strategicMerge(result[at]!, change);
  }
  return result;
}

function applyListDirectives(result: Record<string, unknown>, patch: Record<string, unknown>): void {
  for (const [directive, value] of Object.entries(patch)) {
    if (!Array.isArray(value)) continue;
    if (directive.startsWith(PRIMITIVE_PREFIX)) {
      const field = directive.slice(PRIMITIVE_PREFIX.length);
      const list = result[field];
      if (Array.isArray(list)) result[field] = list.filter((item) => !value.includes(item));
    } else if (directive.startsWith(ORDER_PREFIX)) {
      const field = directive.slice(ORDER_PREFIX.length);
      const key = MERGE_KEYS[field];
      const list = result[field];
      if (key !== undefined && Array.isArray(list)) result[field] = inOrder(list, value, key);
    }
  }
}

/** Named elements in the order given; the others keep their places behind them. */
function inOrder(list: readonly unknown[], order: readonly unknown[], key: string): unknown[] {
  const names = order.filter(isRecord).map((item) => item[key]);
  const rank = (item: unknown) => {
    const index = isRecord(item) ? names.indexOf(item[key]) : -1;
    return index < 0 ? names.length : index;
  };
  return [...list].sort((a, b) => rank(a) - rank(b));
}

function withoutDirectives(patch: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}

function checkDirective(patch: Record<string, unknown>): void {
  const word = patch['$patch'];
  if (word === undefined || word === 'replace' || word === 'delete' || word === 'merge') return;
  throw new TypeError(`unknown $patch directive ${JSON.stringify(word)}`);
}
