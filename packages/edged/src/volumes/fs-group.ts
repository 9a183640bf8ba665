import { chmod, chown, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface FsGroup {
  readonly gid: number;
  /** `OnRootMismatch` leaves the volume alone when its top directory is already right. */
  readonly changePolicy: 'Always' | 'OnRootMismatch';
}

/** Bits of a directory: set-gid, and group may enter. */
const DIRECTORY_BITS = 0o2110;

/**
 * Gives a volume to a group (edged.md §7.6): chown, files group-readable (and
 * writable unless `readOnly`), directories set-gid.
 */
export async function applyFsGroup(directory: string, group: FsGroup, readOnly: boolean): Promise<void> {
  const fileBits = readOnly ? 0o440 : 0o660;
  if (group.changePolicy === 'OnRootMismatch') {
    const { gid, mode } = await stat(directory);
    const wanted = fileBits | DIRECTORY_BITS;
    if (gid === group.gid && (mode & wanted) === wanted) return;
  }
  await change(directory, group.gid, fileBits);
}

async function change(path: string, gid: number, fileBits: number): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) {
    await lchown(path, entry.uid, gid);
    return;
  }
  await chown(path, entry.uid, gid);
  const mode = entry.mode & 0o7777;
  if (!entry.isDirectory()) {
    await chmod(path, mode | fileBits);
    return;
  }
  await chmod(path, mode | fileBits | DIRECTORY_BITS);
  for (const name of await readdir(path)) await change(join(path, name), gid, fileBits);
}
