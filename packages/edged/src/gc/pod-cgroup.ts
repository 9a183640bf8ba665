import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

const CGROUPS = '/sys/fs/cgroup';

/**
 * Removes the (empty) cgroups engines leave behind for a pod, in each v1
 * hierarchy and in v2. What is busy, missing or not ours to remove stays: the
 * kernel refuses to remove a cgroup that has processes.
 */
export async function removeCgroup(uid: string, root: string, mountPoint = CGROUPS): Promise<void> {
  const hierarchies = await readdir(mountPoint).catch(() => []);
  const parents = ['kubepods', 'kubepods/burstable', 'kubepods/besteffort'];
  for (const hierarchy of ['', ...hierarchies]) {
    for (const parent of parents) {
      const directory = join(mountPoint, hierarchy, root, parent, `pod${uid}`);
      const children = await readdir(directory, { withFileTypes: true }).catch(() => []);
      for (const child of children)
        if (child.isDirectory()) await rmdir(join(directory, child.name)).catch(ignore);
      await rmdir(directory).catch(ignore);
    }
  }
}

function ignore(): void {}
