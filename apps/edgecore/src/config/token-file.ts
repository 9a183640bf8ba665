import { chown, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isMap, isScalar, parseDocument } from 'yaml';

/** Where today's keadm leaves the token; its content replaces the file's token (config.md §6). */
export const BOOTSTRAP_FILE = '/etc/kubeedge/bootstrap-edgecore.conf';

/**
 * The bootstrap file that goes with a configuration file: beside its
 * `config` directory, as upstream's is beside `/etc/kubeedge/config`, else in
 * its own directory.
 */
export function bootstrapFileFor(configFile: string): string {
  const directory = dirname(resolve(configFile));
  const home = basename(directory) === 'config' ? dirname(directory) : directory;
  return join(home, basename(BOOTSTRAP_FILE));
}

/** The trimmed content of the bootstrap file, `undefined` when there is none or it is empty. */
export async function readBootstrapToken(file = BOOTSTRAP_FILE): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.trim() || undefined;
}

/**
 * Empties `modules.edgeHub.token` in a configuration file: that value alone
 * changes; comments, layout, mode and owner stay. The file is replaced in one
 * step, so a crash leaves the old or the new one.
 *
 * @returns false when the file holds no token (nothing is written).
 * @throws when the file cannot be read or written.
 */
export async function removeToken(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  const changed = withoutToken(text);
  if (changed === undefined) return false;
  await replaceFile(file, changed);
  return true;
}

/** The text with its tokens emptied; `undefined` when there is nothing to change. */
export function withoutToken(text: string): string | undefined {
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false });
  const ranges: [start: number, end: number][] = [];
  for (const hub of children(document.contents, 'modules').flatMap((node) => children(node, 'edgeHub'))) {
    for (const token of children(hub, 'token')) {
      if (isScalar(token) && token.range && String(token.value ?? '') !== '') {
        ranges.push([token.range[0], token.range[1]]);
      }
    }
  }
  if (ranges.length === 0) return undefined;
  let result = text;
  for (const [start, end] of ranges.sort((a, b) => b[0] - a[0])) {
    // A block scalar ends behind its last line break, which must stay.
    const newline = result.slice(start, end).endsWith('\n') ? '\n' : '';
    result = `${result.slice(0, start)}""${newline}${result.slice(end)}`;
  }
  return result;
}

/** All values under a key, in any spelling and however often it is there. */
function children(node: unknown, key: string): unknown[] {
  if (!isMap(node)) return [];
  const wanted = key.toLowerCase();
  return node.items
    .filter(({ key: found }) => isScalar(found) && String(found.value).toLowerCase() === wanted)
    .map(({ value }) => value);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(file);
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (process.getuid?.() === 0) await chown(temporary, uid, gid);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
