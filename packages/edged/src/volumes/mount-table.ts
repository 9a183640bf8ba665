import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Mount points of this process's mount namespace, in the order they were made. */
export async function mountPoints(file = '/proc/self/mountinfo'): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => unescapeMount(line.split(' ')[4] ?? ''));
}

/** Spaces, tabs, newlines and backslashes are written in octal. */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Mount points at or below a directory, innermost first: the order to unmount them in. */
export async function mountsBelow(directory: string, file?: string): Promise<string[]> {
  const all = await mountPoints(file);
  return all.filter((path) => path === directory || path.startsWith(`${directory}/`)).reverse();
}

/** Is something mounted exactly there? Links on the way to it are followed. */
export async function isMountPoint(path: string, file?: string): Promise<boolean> {
  const parent = await realpath(dirname(path)).catch(() => undefined);
  if (parent === undefined) return false;
  return (await mountPoints(file)).includes(join(parent, basename(path)));
}
