import { stat } from 'node:fs/promises';
import type { CsiVolumes } from '../csi/node/csi-volumes.js';
import type { CsiVolumeSpec } from '../csi/node/volume-spec.js';
import { VolumeError } from '../errors.js';
import type { PersistentVolume, Volume } from '../kube-types.js';
import { inlineSpec, persistentSpec } from './csi-spec.js';
import { findPersistentVolume } from './find-claim.js';
import { applyFsGroup } from './fs-group.js';
import { hostPath } from './host-path.js';
import type { VolumeContext, VolumePlugin } from './volume-plugin.js';

/** Claims (named, or made for an `ephemeral` volume) and inline volumes of CSI drivers (edged.md §7, §14). */
export function persistentVolumes(csi: CsiVolumes): readonly VolumePlugin[] {
  const claims = new Claims(csi);
  return [
    {
      ...SHARED,
      handles: (volume) => volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined,
      setUp: (volume, _directory, context) => claims.setUp(volume, context),
      tearDown: (uid) => claims.tearDown(uid),
    },
    {
      ...SHARED,
      handles: (volume) => volume.csi !== undefined,
      setUp: async (volume, _directory, context) => {
        const spec = inlineSpec(volume, context.pod);
        return { hostPath: await csi.setUp(spec, context), readOnly: spec.readOnly };
      },
      // The claims' covers every volume of a driver.
      tearDown: async () => {},
    },
  ];
}

const SHARED = { directory: '', readOnly: false, mustBeMounted: true } as const;

class Claims {
  readonly #csi: CsiVolumes;
  /** By `<uid>/<volume>`: a claim once bound stays so, and the cloud need not be asked again. */
  readonly #known = new Map<string, PersistentVolume>();

  constructor(csi: CsiVolumes) {
    this.#csi = csi;
  }

  async setUp(volume: Volume, context: VolumeContext) {
    const key = `${context.pod.metadata.uid}/${volume.name}`;
    const pv = this.#known.get(key) ?? (await findPersistentVolume(volume, context));
    const readOnly = volume.persistentVolumeClaim?.readOnly ?? false;
    const path = await this.#mount(pv, readOnly, this.#known.has(key), context);
    this.#known.set(key, pv);
    return { hostPath: path, readOnly };
  }

  async tearDown(uid: string): Promise<void> {
    await this.#csi.tearDown(uid);
    for (const key of this.#known.keys()) if (key.startsWith(`${uid}/`)) this.#known.delete(key);
  }

  async #mount(
    pv: PersistentVolume,
    readOnly: boolean,
    again: boolean,
    context: VolumeContext,
  ): Promise<string> {
    const { spec = {} } = pv;
    if (spec.csi) {
      const volume: CsiVolumeSpec = persistentSpec(pv, context.pod, readOnly);
      return this.#csi.setUp(volume, context);
    }
    if (spec.hostPath) {
      const { hostPath: path } = spec;
      return hostPath.setUp(
        { name: pv.metadata?.name ?? '', hostPath: path },
        '',
        context,
      ) as Promise<string>;
    }
    if (spec.local)
      return localPath(spec.local.path, readOnly || again ? { ...context, fsGroup: undefined } : context);
    const known = [
      'capacity',
      'accessModes',
      'claimRef',
      'persistentVolumeReclaimPolicy',
      'storageClassName',
    ];
    const kind = Object.keys(spec).find((key) => !known.includes(key)) ?? 'a volume without a source';
    throw new VolumeError(`no volume plugin matched: persistentvolume with ${kind} is not supported here`);
  }
}

/** A directory of this node; its files are given to the pod's group, once. */
async function localPath(path: string, { fsGroup }: Pick<VolumeContext, 'fsGroup'>): Promise<string> {
  if (!path.startsWith('/') || path.split('/').includes('..')) {
    throw new VolumeError(`local path "${path}" must be absolute and must not contain ".."`);
  }
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new VolumeError(`path "${path}" does not exist`);
  if (entry.isBlockDevice()) {
    throw new VolumeError(`"${path}" is a block device: only directories are supported here`);
  }
  if (!entry.isDirectory()) throw new VolumeError(`path "${path}" is not a directory`);
  if (fsGroup) await applyFsGroup(path, fsGroup, false);
  return path;
}
