import type { KubeObject } from '@edgecore/api';

/**
 * True when `incoming` is an older state of the very object that is stored: a
 * late answer, a repeated message. Other uids and versions that are not
 * numbers cannot be compared and count as newer.
 */
export function isOlder(incoming: KubeObject, stored: KubeObject | undefined): boolean {
  const before = stored?.metadata;
  const after = incoming.metadata;
  if (!before?.uid || before.uid !== after?.uid) return false;
  const [a, b] = [numeric(after.resourceVersion), numeric(before.resourceVersion)];
  return a !== undefined && b !== undefined && a < b;
}

function numeric(version: unknown): bigint | undefined {
  return typeof version === 'string' && /^\d+$/.test(version) ? BigInt(version) : undefined;
}
