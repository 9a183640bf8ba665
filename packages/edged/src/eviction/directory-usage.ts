import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { mountsBelow } from '../volumes/mount-table.js';

export interface DirectoryUsage {
  /** Room taken on the disk: blocks, not lengths. */
  readonly bytes: number;
  readonly inodes: number;
}

/** `st_blocks` counts these, whatever the file system's own block size. */
const BLOCK_BYTES = 512;

/**
 * What a directory takes on its file system, itself included. Links are not
 * followed, what is mounted below is not counted, what vanishes meanwhile
 * neither; a file with several names counts once.
 */
export async function directoryUsage(directory: string): Promise<DirectoryUsage> {
  const top = await lstat(directory).catch(() => undefined);
  if (!top) return { bytes: 0, inodes: 0 };
  // A bind mount is on the same device, yet what it shows lies elsewhere.
  const mounts = new Set(await mountsBelow(directory).catch(() => []));
  mounts.delete(directory);
  const linked = new Set<number>();
  let bytes = 0;
  let inodes = 0;
  const visit = async (path: string, stats: Stats): Promise<void> => {
    if (stats.dev !== top.dev || mounts.has(path)) return;
    if (!stats.isDirectory() && stats.nlink > 1) {
      if (linked.has(stats.ino)) return;
      linked.add(stats.ino);
    }
    bytes += stats.blocks * BLOCK_BYTES;
    inodes += 1;
    if (!stats.isDirectory()) return;
    const entries = await opendir(path).catch(() => undefined);
    if (!entries) return;
    for await (const { name } of entries) {
      const child = join(path, name);
      const found = await lstat(child).catch(() => undefined);
      if (found) await visit(child, found);
    }
  };
  await visit(directory, top);
  return { bytes, inodes };
}
