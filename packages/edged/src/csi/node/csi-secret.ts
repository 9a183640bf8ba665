import type { ObjectSource } from '../../ports/object-source.js';
import { secretData } from '../../volumes/payload.js';
import type { SecretName } from './volume-spec.js';

/** What a driver is given of a secret: every key, as text. @throws what the object source throws. */
export async function csiSecret(
  secret: SecretName | undefined,
  objects: Pick<ObjectSource, 'getSecret'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (!secret) return new Map();
  const data = secretData(await objects.getSecret(secret.namespace, secret.name, signal));
  return new Map([...data].map(([key, bytes]) => [key, bytes.toString('utf8')]));
}
