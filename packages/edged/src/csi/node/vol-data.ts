import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, isRecord } from '@edgecore/api';
import type { CsiPaths } from './csi-paths.js';

/**
 * `vol_data.json` beside a mount: what the kubelet and the Go edge keep to undo a mount they know nothing else
 * of, and what they read of ours.
 */
export interface VolData {
  readonly attachmentID: string;
  readonly driverName: string;
  readonly nodeName: string;
  readonly specVolID: string;
  readonly volumeHandle: string;
  readonly volumeLifecycleMode: string;
}

/** A volume some call was made for, as found on disk. */
export interface KnownVolume extends VolData {
  readonly podUid: string;
}

const FILE = 'vol_data.json';

export async function writeVolData(directory: string, data: Partial<VolData>): Promise<void> {
  const path = join(directory, FILE);
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  // Half a file would hide the volume from the clean-up.
  await writeFile(`${path}.tmp`, JSON.stringify(sorted), { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}

/** The volumes of a pod; a directory without a readable file is none. */
export async function knownVolumes(paths: CsiPaths, podUid: string): Promise<KnownVolume[]> {
  const known: KnownVolume[] = [];
  for (const name of await entries(paths.podVolumes(podUid))) {
    const data = await readVolData(paths.podVolume(podUid, name));
    // The directory decides: a file that names another must not lead anybody out of it.
    if (data) known.push({ ...data, specVolID: name, podUid });
  }
  return known;
}

export async function allKnownVolumes(paths: CsiPaths): Promise<KnownVolume[]> {
  const uids = await entries(paths.pods);
  return (await Promise.all(uids.map((uid) => knownVolumes(paths, uid)))).flat();
}

async function readVolData(directory: string): Promise<VolData | undefined> {
  try {
    const data: unknown = JSON.parse(await readFile(join(directory, FILE), 'utf8'));
    if (!isRecord(data)) return undefined;
    const text = (key: string) => (typeof data[key] === 'string' ? data[key] : '');
    const volData: VolData = {
      attachmentID: text('attachmentID'),
      driverName: text('driverName'),
      nodeName: text('nodeName'),
      specVolID: text('specVolID'),
      volumeHandle: text('volumeHandle'),
      volumeLifecycleMode: text('volumeLifecycleMode') || 'Persistent',
    };
    return volData.driverName === '' || volData.volumeHandle === '' ? undefined : volData;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

async function entries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw error;
  }
}
