import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CliError } from '../errors.js';

/** Both may hold secrets sooner or later, so only their owner reads them. */
const MODE = 0o600;

/** Refuses to go on when a file is there that may not be replaced. */
export async function ensureReplaceable(file: string, force: boolean): Promise<void> {
  if (!force && (await exists(file))) {
    throw new CliError(`${file} exists; --force replaces it (the old file is kept as a backup)`);
  }
}

/** Copies a file that is about to be replaced; `undefined` when there is none. */
export async function backUp(file: string): Promise<string | undefined> {
  if (!(await exists(file))) return undefined;
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const backup = join(dirname(file), `${basename(file)}.${stamp}.bak`);
  await copyFile(file, backup).catch(cannot(`write ${backup}`));
  return backup;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Writes a file in one step, mode 0600, making its directory when needed. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o755 }).catch(cannot(`make ${dirname(file)}`));
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    const handle = await open(temporary, 'w', MODE);
    try {
      await handle.chmod(MODE);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    cannot(`write ${file}`)(error as NodeJS.ErrnoException);
  }
}

function cannot(what: string) {
  return (error: NodeJS.ErrnoException): never => {
    const advice = error.code === 'EACCES' || error.code === 'EPERM' ? '; run as root' : '';
    throw new CliError(`cannot ${what} (${error.code ?? error.message})${advice}`, { cause: error });
  };
}
