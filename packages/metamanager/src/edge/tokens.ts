import { isRecord, type ParsedResource, ResourceType } from '@edgecore/api';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The row of a token: upstream's key, made from the *request*. Upstream makes
 * it from the answer, whose audiences the API server has filled in, and never
 * finds the row again (metamanager.md §8).
 */
export function tokenRow(
  { namespace, name }: ParsedResource,
  request: unknown,
): ParsedResource & { key: string } {
  const spec = record(record(request)['spec']);
  const ref = record(spec['boundObjectRef']);
  const audiences = Array.isArray(spec['audiences'])
    ? `[]string{${spec['audiences'].map((audience) => quote(audience)).join(', ')}}`
    : '[]string(nil)';
  const fields = [
    ['Kind', ref['kind']],
    ['APIVersion', ref['apiVersion']],
    ['Name', ref['name']],
    ['UID', ref['uid']],
  ].map(([field, value]) => `${field}:${quote(value)}`);
  const key = [
    quote(name),
    quote(namespace),
    audiences,
    String(spec['expirationSeconds'] ?? 0),
    `v1.BoundObjectReference{${fields.join(', ')}}`,
  ].join('/');
  return { namespace, type: ResourceType.serviceaccounttoken, name, key };
}

export type TokenState = 'fresh' | 'refresh' | 'expired';

/** A token is renewed in the last fifth of its life or when it is a day old, as kubelet does. */
export function tokenState(token: unknown, now: number): TokenState {
  const status = record(record(token)['status']);
  const expires = Date.parse(String(status['expirationTimestamp']));
  if (typeof status['token'] !== 'string' || !(expires > now)) return 'expired';
  const lifeMs = Number(record(record(token)['spec'])['expirationSeconds'] ?? 0) * 1000;
  const ageMs = now - (expires - lifeMs);
  return expires - now < lifeMs / 5 || ageMs > DAY_MS ? 'refresh' : 'fresh';
}

function quote(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value : '');
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
