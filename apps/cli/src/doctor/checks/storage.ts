import { constants } from 'node:fs';
import { access, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Check, failed, ok, warning } from '../check.js';

const MIB = 1024 * 1024;
/** Below this the database cannot be trusted to grow. */
const LEAST_MIB = 100;
/** Below this images and logs soon become a problem. */
const LITTLE_MIB = 1024;

/** Can the database directory be made and written to? */
export const dataDirCheck: Check = {
  name: 'data directory',
  async run({ dataDir }) {
    const existing = await nearestExisting(dataDir);
    if (existing !== dataDir) {
      const writable = await access(existing, constants.W_OK).then(
        () => true,
        () => false,
      );
      return writable
        ? ok(`${dataDir} will be made`)
        : failed(
            `${dataDir} cannot be made: ${existing} is not writable`,
            'run as root or use another directory',
          );
    }
    const probe = join(dataDir, `.edgecore-doctor-${process.pid}`);
    try {
      // access() is not enough: a read-only or full file system shows only when written to.
      const file = await open(probe, 'wx', 0o600);
      try {
        await file.write('x');
        await file.sync();
      } finally {
        await file.close();
      }
      return ok(`${dataDir} is writable`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return failed(
        `${dataDir} is not writable (${code})`,
        'run as root, free space, or use another directory',
      );
    } finally {
      await rm(probe, { force: true }).catch(() => {});
    }
  },
};

/** Is there room for the database, images and logs? */
export const diskSpaceCheck: Check = {
  name: 'disk space',
  async run({ dataDir }) {
    const at = await nearestExisting(dataDir);
    const { bavail, bsize, ffree, files } = await statfs(at);
    const free = Math.floor((bavail * bsize) / MIB);
    const found = `${free} MiB free at ${at}`;
    if (free < LEAST_MIB) return failed(found, `free at least ${LEAST_MIB} MiB`);
    if (files > 0 && ffree / files < 0.01)
      return warning(`${found}, but hardly any inodes`, 'delete small files');
    return free < LITTLE_MIB ? warning(found, 'images and logs need more: free some space') : ok(found);
  },
};

async function nearestExisting(directory: string): Promise<string> {
  let at = directory;
  while (
    await stat(at).then(
      () => false,
      () => true,
    )
  ) {
    const parent = dirname(at);
    if (parent === at) break;
    at = parent;
  }
  return at;
}
