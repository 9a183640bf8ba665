import { chmod, mkdir } from 'node:fs/promises';
import { type Payload, writeAtomically } from './atomic-writer.js';
import { downwardPayload } from './downward-api.js';
import { applyFsGroup } from './fs-group.js';
import { objectPayload } from './object-payload.js';
import { projectedPayload } from './projected.js';
import type { VolumeContext, VolumePlugin } from './volume-plugin.js';

/** Files of a configMap, on disk. */
export const configMap: VolumePlugin = {
  directory: 'kubernetes.io~configmap',
  readOnly: true,
  handles: (volume) => volume.configMap !== undefined,
  async setUp({ configMap: source }, directory, context) {
    const payload = await objectPayload(source!.name ?? '', { ...source, kind: 'configmap' }, context);
    return publish(directory, payload, context, 'disk');
  },
};

/** Files of a secret, in memory. */
export const secret: VolumePlugin = {
  directory: 'kubernetes.io~secret',
  readOnly: true,
  handles: (volume) => volume.secret !== undefined,
  async setUp({ secret: source }, directory, context) {
    const payload = await objectPayload(source!.secretName ?? '', { ...source, kind: 'secret' }, context);
    return publish(directory, payload, context, 'memory');
  },
};

/** Fields of the pod as files (edged.md §7.3). */
export const downwardApi: VolumePlugin = {
  directory: 'kubernetes.io~downward-api',
  readOnly: true,
  handles: (volume) => volume.downwardAPI !== undefined,
  async setUp({ downwardAPI: source }, directory, context) {
    const payload = downwardPayload(source!.items ?? [], source!.defaultMode, context);
    return publish(directory, payload, context, 'memory');
  },
};

/** Several sources in one directory (edged.md §7.4). */
export const projected: VolumePlugin = {
  directory: 'kubernetes.io~projected',
  readOnly: true,
  handles: (volume) => volume.projected !== undefined,
  async setUp({ projected: source }, directory, context) {
    return publish(directory, await projectedPayload(source!, context), context, 'memory');
  },
};

async function publish(
  directory: string,
  payload: Payload,
  { tmpfs, fsGroup, now }: VolumeContext,
  medium: 'disk' | 'memory',
): Promise<string> {
  await mkdir(directory, { recursive: true });
  if (medium === 'memory') await tmpfs.mount(directory);
  await chmod(directory, 0o777);
  await writeAtomically(directory, payload, now, async (fresh) => {
    if (fsGroup) await applyFsGroup(fresh, { ...fsGroup, changePolicy: 'Always' }, true);
  });
  return directory;
}
