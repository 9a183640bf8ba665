import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@edgecore/api';
import { ContainerHeldError } from '../errors.js';

/**
 * The host path of a `subPath` (edged.md §7.5): made as a directory with the
 * volume's mode when missing, never outside of the volume.
 *
 * @throws {ContainerHeldError} `CreateContainerConfigError`.
 */
export async function resolveSubPath(volume: string, subPath: string, readOnly: boolean): Promise<string> {
  const parts = subPath.split('/').filter((part) => part !== '' && part !== '.');
  if (subPath.startsWith('/') || parts.includes('..'))
    throw held(`subPath "${subPath}" must be relative without ".."`);
  const root = await realpath(volume);
  const { mode } = await stat(root);
  let current = root;
  for (const part of parts) {
    const next = join(current, part);
    if (!(await exists(next))) {
      if (readOnly) throw held(`subPath "${subPath}" does not exist in a read-only volume`);
      await mkdir(next, { mode: mode & 0o777 });
    }
    // Checked after each element, so that nothing is made behind a link that leaves the volume.
    current = await realpath(next).catch(() => {
      throw held(`subPath "${subPath}" has a dangling link`);
    });
    if (current !== root && !current.startsWith(`${root}/`)) {
      throw held(`subPath "${subPath}" leaves its volume through a symbolic link`);
    }
  }
  return current;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function held(message: string): ContainerHeldError {
  return new ContainerHeldError('CreateContainerConfigError', message);
}
