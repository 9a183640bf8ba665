import { randomBytes } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@edgecore/api';

export interface PayloadFile {
  readonly data: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
}

/** Files by relative path, which never leaves the directory. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const DATA = '..data';
const DATA_NEXT = '..data_tmp';
/** What {@link timestamp} and the random part make; anything else in `..data` is a container's doing. */
const GENERATION = /^\.\.\d{4}(_\d\d){5}\.[0-9a-f]+$/;

/**
 * Writes a set of files so that readers see all old or all new ones: real
 * files in a directory named after the time, `..data` pointing to it,
 * user-visible links through `..data` (edged.md §7.2).
 *
 * @param prepare Runs on the new directory before it becomes visible (ownership).
 * @returns false when the files were already as asked.
 */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  now: number,
  prepare: (directory: string) => Promise<void> = async () => {},
): Promise<boolean> {
  const current = await currentGeneration(directory);
  if (current && (await isSame(join(directory, current), payload))) return false;
  const next = `..${timestamp(now)}.${randomBytes(5).toString('hex')}`;
  try {
    await writeFiles(join(directory, next), payload);
    await prepare(join(directory, next));
  } catch (error) {
    // A full disk must not fill further with each try.
    await rm(join(directory, next), { recursive: true, force: true });
    throw error;
  }
  await rm(join(directory, DATA_NEXT), { recursive: true, force: true });
  await symlink(next, join(directory, DATA_NEXT));
  await rename(join(directory, DATA_NEXT), join(directory, DATA));
  await linkVisible(directory, new Set([...payload.keys()].map((path) => path.split('/')[0]!)));
  await removeOldGenerations(directory, next);
  return true;
}

/** What `..data` shows; a link to anywhere but a generation of this directory counts as none. */
async function currentGeneration(directory: string): Promise<string | undefined> {
  const target = await readlink(join(directory, DATA)).catch(absent);
  if (target === undefined || !GENERATION.test(target)) return undefined;
  const entry = await lstat(join(directory, target)).catch(absent);
  return entry?.isDirectory() ? target : undefined;
}

/** The one before, and what an agent that died half-way left. */
async function removeOldGenerations(directory: string, keep: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (entry === keep || !GENERATION.test(entry)) continue;
    await rm(join(directory, entry), { recursive: true, force: true });
  }
}

async function writeFiles(directory: string, payload: Payload): Promise<void> {
  await mkdir(directory, { mode: 0o755 });
  await chmod(directory, 0o755);
  for (const [path, { data, mode }] of payload) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data, { mode });
    // The process's umask has its say in the mode above.
    await chmod(file, mode);
  }
}

async function linkVisible(directory: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const name of wanted) {
    const target = join(DATA, name);
    if ((await readlink(join(directory, name)).catch(absent)) === target) continue;
    await rm(join(directory, name), { recursive: true, force: true });
    await symlink(target, join(directory, name));
  }
  for (const entry of await readdir(directory)) {
    if (entry.startsWith('..') || wanted.has(entry)) continue;
    const target = await readlink(join(directory, entry)).catch(() => undefined);
    if (target?.startsWith(`${DATA}/`)) await rm(join(directory, entry), { force: true });
  }
}

async function isSame(directory: string, payload: Payload): Promise<boolean> {
  const present = await filesBelow(directory).catch(absent);
  if (present?.length !== payload.size) return false;
  for (const [path, { data }] of payload) {
    const content = await readFile(join(directory, path)).catch(absent);
    if (!content?.equals(data)) return false;
  }
  return true;
}

async function filesBelow(directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(directory, { recursive: true })) {
    if ((await lstat(join(directory, entry))).isFile()) files.push(entry);
  }
  return files;
}

function absent(error: unknown): undefined {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'EINVAL') || hasCode(error, 'EISDIR')) return undefined;
  throw error;
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '_');
}
