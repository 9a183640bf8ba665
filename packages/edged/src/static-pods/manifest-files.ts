import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorText, hasCode } from '@edgecore/api';

/** Larger files are no pods. */
const MAX_BYTES = 10 * 2 ** 20;

/** A manifest as it is on disk: its text, or why it could not be read. */
export type ManifestFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly error: string };

/**
 * The manifests of a directory by name: regular files, links to them
 * included, that do not start with a dot; not its subdirectories. A path that is a file is the only one.
 *
 * @returns nothing for a path that does not exist.
 * @throws the system's error when the directory cannot be listed.
 */
export async function manifestFiles(path: string): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const candidate of await candidates(path)) {
    const file = await read(candidate);
    if (file) files.push(file);
  }
  return files;
}

async function candidates(path: string): Promise<string[]> {
  try {
    const names = await readdir(path);
    return names
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    if (hasCode(error, 'ENOTDIR')) return [path];
    throw error;
  }
}

async function read(path: string): Promise<ManifestFile | undefined> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return undefined;
    if (info.size > MAX_BYTES) return { path, error: `${basename(path)} is larger than 10 MiB` };
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    // Removed since it was listed.
    if (hasCode(error, 'ENOENT')) return undefined;
    return { path, error: errorText(error) };
  }
}
