import type { PersistentVolume } from '@edgecore/edged';
import { attachmentName } from '../../../src/csi/node/csi-paths.js';
import type { FakeObjects } from '../fake-objects.js';

type PersistentVolumeSpec = NonNullable<PersistentVolume['spec']>;

export interface ClaimOptions {
  /** Default `ReadWriteOnce`. */
  readonly accessModes?: string[];
  /** Besides driver and handle. */
  readonly csi?: Partial<PersistentVolumeSpec['csi']>;
  /** Instead of a driver's volume. */
  readonly source?: Partial<PersistentVolumeSpec>;
  /** Default true: the cloud has attached it to `edge-1`. */
  readonly attached?: boolean;
}

/** A claim bound to a volume of its own, as a cluster has them. */
export function claim(
  objects: FakeObjects,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  { accessModes = ['ReadWriteOnce'], csi, source, attached = true }: ClaimOptions = {},
): { readonly pv: string; readonly handle: string; readonly attachment: string } {
  const pv = `pv-${name}`;
  const handle = `handle/${name}`.replace('/', '-');
  const driver = csi?.driver ?? 'csi-hostpath';
  const attachment = attachmentName(handle, driver, 'edge-1');
  objects.claims.set(`${namespace}/${name}`, {
    metadata: { name, namespace, uid: `uid-${name}` },
    spec: { volumeName: pv, accessModes },
    status: { phase: 'Bound' },
  });
  objects.volumes.set(`/${pv}`, {
    metadata: { name: pv },
    spec: {
      accessModes,
      claimRef: { name, namespace, uid: `uid-${name}` },
      ...(source ?? { csi: { driver, volumeHandle: handle, fsType: 'ext4', ...csi } }),
    },
  });
  if (attached) {
    objects.attachments.set(`/${attachment}`, {
      metadata: { name: attachment },
      spec: { attacher: driver, nodeName: 'edge-1', source: { persistentVolumeName: pv } },
      status: { attached: true, attachmentMetadata: { device: 'sda' } },
    });
  }
  return { pv, handle, attachment };
}
