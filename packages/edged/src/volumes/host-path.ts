import type { Stats } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { hasCode } from '@edgecore/api';
import { VolumeError } from '../errors.js';
import type { VolumePlugin } from './volume-plugin.js';

/** Types that only check, with the words of kubelet's error. */
const CHECKS: Readonly<Record<string, { is(entry: Stats): boolean; what: string }>> = {
  Directory: { is: (entry) => entry.isDirectory(), what: 'a directory' },
  DirectoryOrCreate: { is: (entry) => entry.isDirectory(), what: 'a directory' },
  File: { is: (entry) => entry.isFile(), what: 'a file' },
  FileOrCreate: { is: (entry) => entry.isFile(), what: 'a file' },
  Socket: { is: (entry) => entry.isSocket(), what: 'a socket file' },
  CharDevice: { is: (entry) => entry.isCharacterDevice(), what: 'a character device' },
  BlockDevice: { is: (entry) => entry.isBlockDevice(), what: 'a block device' },
};

/** A path of the node, checked by its type (edged.md §7.1); never deleted. */
export const hostPath: VolumePlugin = {
  directory: '',
  readOnly: false,
  handles: (volume) => volume.hostPath !== undefined,
  async setUp({ hostPath: source }) {
    const { path, type = '' } = source!;
    if (!path.startsWith('/') || path.split('/').includes('..')) {
      throw new VolumeError(`hostPath "${path}" must be absolute and must not contain ".."`);
    }
    if (type === '') return path;
    const check = CHECKS[type];
    if (!check) throw new VolumeError(`${type} is an invalid hostPath type`);
    if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 }).catch(ifExists);
    if (type === 'FileOrCreate') await createFile(path);
    const entry = await stat(path).catch(() => undefined);
    if (!entry || !check.is(entry)) {
      throw new VolumeError(`hostPath type check failed: ${path} is not ${check.what}`);
    }
    return path;
  },
};

async function createFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o644)).close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    throw new VolumeError(`cannot create the file of hostPath ${path}: does its directory exist?`, {
      cause: error,
    });
  }
}

/** The type check that follows tells what is wrong. */
function ifExists(error: unknown): void {
  if (!hasCode(error, 'EEXIST') && !hasCode(error, 'ENOTDIR')) throw error;
}
