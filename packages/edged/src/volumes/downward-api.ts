import { fieldValue } from '../env/field-ref.js';
import { resourceValue } from '../env/resource-field-ref.js';
import type { DownwardAPIVolumeFile } from '../kube-types.js';
import type { Payload, PayloadFile } from './atomic-writer.js';
import { DEFAULT_FILE_MODE, relativePath } from './payload.js';
import type { VolumeContext } from './volume-plugin.js';

/** Files with fields of the pod. @throws {ContainerHeldError} for a field that does not exist. */
export function downwardPayload(
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number = DEFAULT_FILE_MODE,
  { pod, addresses, allocatable }: Pick<VolumeContext, 'pod' | 'addresses' | 'allocatable'>,
): Payload {
  const payload = new Map<string, PayloadFile>();
  for (const { path, mode, fieldRef, resourceFieldRef } of items) {
    const text = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath, addresses)
      : resourceFieldRef
        ? resourceValue(pod, undefined, resourceFieldRef, allocatable)
        : '';
    payload.set(relativePath(path), { data: Buffer.from(text, 'utf8'), mode: mode ?? defaultMode });
  }
  return payload;
}
