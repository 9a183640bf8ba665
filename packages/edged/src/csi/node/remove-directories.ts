import { lstat, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorText, hasCode } from '@edgecore/api';
import { VolumeError } from '../../errors.js';
import { isMountPoint } from '../../volumes/mount-table.js';

/**
 * Removes a path a driver has said to have unmounted. Only what is empty goes: whatever a driver says, no
 * file of a volume is ever deleted here.
 *
 * @throws {VolumeError} while something is mounted there, or it is not empty.
 */
export async function removeMountDirectory(path: string): Promise<void> {
  if (await isMountPoint(path))
    throw new VolumeError(`${path} is still mounted, though the driver says it is not`);
  try {
    // A driver may have published a link, or a file as mount point.
    const entry = await lstat(path);
    const isPlaceholder = entry.isSymbolicLink() || (entry.isFile() && entry.size === 0);
    await (isPlaceholder ? unlink(path) : rmdir(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw new VolumeError(`cannot remove ${path}: ${errorText(error)}`, { cause: error });
  }
}

/** What cannot be looked at counts as there. */
export async function pathExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !hasCode(error, 'ENOENT'),
  );
}

/** `…/<hash>/globalmount` with its record. */
export async function removeStagingDirectory(path: string): Promise<void> {
  await removeMountDirectory(path);
  await removeVolumeDirectory(dirname(path));
}

/** A directory that holds but its record. */
export async function removeVolumeDirectory(directory: string): Promise<void> {
  for (const file of ['vol_data.json.tmp', 'vol_data.json']) {
    await unlink(join(directory, file)).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }
  await rmdir(directory).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}
