import { isNotFound } from '@edgecore/api';
import { VolumeError } from '../errors.js';
import type { Payload } from './atomic-writer.js';
import { configMapData, type PayloadRules, payloadOf, secretData } from './payload.js';
import type { VolumeContext } from './volume-plugin.js';

/**
 * The files an object gives to a volume. A missing optional object gives none.
 *
 * @throws {VolumeError} `configmap "x" not found`, or a missing key.
 */
export async function objectPayload(
  name: string,
  rules: PayloadRules,
  { pod, objects, signal }: Pick<VolumeContext, 'pod' | 'objects' | 'signal'>,
): Promise<Payload> {
  const { namespace } = pod.metadata;
  try {
    const data =
      rules.kind === 'configmap'
        ? configMapData(await objects.getConfigMap(namespace, name, signal))
        : secretData(await objects.getSecret(namespace, name, signal));
    return payloadOf(data, rules);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (rules.optional) return new Map();
    throw new VolumeError(`${rules.kind} "${name}" not found`, { cause: error });
  }
}
