import { errorText, isNotFound } from '@edgecore/api';
import { VolumeError } from '../errors.js';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../kube-types.js';
import type { VolumeContext } from './volume-plugin.js';

/** The claim a volume of a pod means: named, or made for an `ephemeral` volume under the pod's name. */
export function claimOf({ metadata }: Pod, volume: Volume): { readonly name: string; readonly own: boolean } {
  const named = volume.persistentVolumeClaim?.claimName;
  return named === undefined
    ? { name: `${metadata.name}-${volume.name}`, own: true }
    : { name: named, own: false };
}

/**
 * The persistent volume a claim is bound to.
 *
 * @throws {VolumeError} saying what the pod waits for, or what the object source throws.
 */
export async function findPersistentVolume(
  volume: Volume,
  { pod, objects, signal }: Pick<VolumeContext, 'pod' | 'objects' | 'signal'>,
): Promise<PersistentVolume> {
  const { namespace, uid } = pod.metadata;
  const { name, own } = claimOf(pod, volume);
  const claim = await found('persistentvolumeclaim', name, () =>
    objects.getPersistentVolumeClaim(namespace, name, signal),
  );
  if (own && !claim.metadata?.ownerReferences?.some((owner) => owner.uid === uid)) {
    throw new VolumeError(`persistentvolumeclaim "${name}" was not made for this pod`);
  }
  const volumeName = boundTo(claim);
  if (volumeName === undefined) throw new VolumeError(`PVC is not bound: persistentvolumeclaim "${name}"`);
  const pv = await found('persistentvolume', volumeName, () =>
    objects.getPersistentVolume(volumeName, signal),
  );
  const owner = pv.spec?.claimRef?.uid;
  if (owner !== undefined && claim.metadata?.uid !== undefined && owner !== claim.metadata.uid) {
    throw new VolumeError(`persistentvolume "${volumeName}" is bound to another claim than "${name}"`);
  }
  if (pv.spec?.volumeMode === 'Block') {
    throw new VolumeError(
      `volumeMode Block of persistentvolume "${volumeName}" is not supported here, only Filesystem`,
    );
  }
  return pv;
}

function boundTo({ spec, status }: PersistentVolumeClaim): string | undefined {
  return status?.phase === 'Bound' && spec?.volumeName ? spec.volumeName : undefined;
}

async function found<T>(kind: string, name: string, get: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (error) {
    if (isNotFound(error)) throw new VolumeError(`${kind} "${name}" not found`, { cause: error });
    throw new Error(`${kind} "${name}" cannot be read: ${errorText(error)}`, { cause: error });
  }
}
