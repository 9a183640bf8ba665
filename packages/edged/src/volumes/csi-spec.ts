import { ephemeralHandle } from '../csi/node/csi-paths.js';
import type { AccessMode, CsiVolumeSpec } from '../csi/node/volume-spec.js';
import { VolumeError } from '../errors.js';
import type { PersistentVolume, Pod, Volume } from '../kube-types.js';

/** A name that is one element of a path. */
const PATH_ELEMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** What a persistent volume of a driver asks for. @throws {VolumeError} for one without driver, handle or usable name. */
export function persistentSpec(
  { metadata, spec }: PersistentVolume,
  pod: Pod,
  readOnly: boolean,
): CsiVolumeSpec {
  const { driver, volumeHandle, fsType, volumeAttributes, ...source } = spec!.csi!;
  const name = metadata?.name ?? '';
  if (!PATH_ELEMENT.test(name)) throw new VolumeError(`"${name}" is not the name of a persistent volume`);
  if (!driver || !volumeHandle) {
    throw new VolumeError(`persistentvolume "${name}" names no driver or no volumeHandle`);
  }
  return {
    podUid: pod.metadata.uid,
    name,
    driver,
    handle: volumeHandle,
    lifecycle: 'Persistent',
    fsType: fsType ?? '',
    mountOptions: spec?.mountOptions ?? [],
    accessModes: (spec?.accessModes ?? []) as readonly AccessMode[],
    readOnly,
    context: new Map(Object.entries(volumeAttributes ?? {})),
    stageSecret: secretName(source.nodeStageSecretRef),
    publishSecret: secretName(source.nodePublishSecretRef),
  };
}

/**
 * An inline volume. Whether the driver wants to know the pod (`podInfoOnMount`) is in an object the edge cannot ask
 * for; drivers of inline volumes nearly all do, so it is always told.
 *
 * @throws {VolumeError} for one without driver or usable name.
 */
export function inlineSpec({ name, csi }: Volume, { metadata, spec }: Pod): CsiVolumeSpec {
  const { driver, fsType, volumeAttributes, readOnly = false, nodePublishSecretRef } = csi!;
  if (!PATH_ELEMENT.test(name)) throw new VolumeError(`"${name}" is not the name of a volume`);
  if (!driver) throw new VolumeError('csi names no driver');
  const podInfo = {
    'csi.storage.k8s.io/pod.name': metadata.name,
    'csi.storage.k8s.io/pod.namespace': metadata.namespace,
    'csi.storage.k8s.io/pod.uid': metadata.uid,
    'csi.storage.k8s.io/serviceAccount.name': spec.serviceAccountName ?? '',
    'csi.storage.k8s.io/ephemeral': 'true',
  };
  const secret = nodePublishSecretRef?.name;
  return {
    podUid: metadata.uid,
    name,
    driver,
    handle: ephemeralHandle(metadata.uid, name),
    lifecycle: 'Ephemeral',
    fsType: fsType ?? '',
    mountOptions: [],
    accessModes: ['ReadWriteOnce'],
    readOnly,
    context: new Map(Object.entries({ ...volumeAttributes, ...podInfo })),
    publishSecret: secret ? { namespace: metadata.namespace, name: secret } : undefined,
  };
}

function secretName(reference: { readonly name?: string; readonly namespace?: string } | undefined) {
  const { name, namespace } = reference ?? {};
  return name && namespace ? { name, namespace } : undefined;
}
