import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '@edgecore/api';

/** With its parents, one by one: node's own `recursive` never ends where a file system refuses with ENOENT, as /proc does. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  const make = () =>
    mkdir(path, mode).catch((error) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  try {
    await make();
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeDirectory(dirname(path), mode);
    await make();
  }
}
