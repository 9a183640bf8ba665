import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf, StoreLockedError } from './errors.js';

/** A held lock. */
export interface LockFile {
  readonly path: string;
  release(): void;
}

/**
 * Takes the one-process lock of a database (config.md §5): the file
 * `<path>.lock` holding the PID and, so that a PID given to another process
 * later is not mistaken for the holder, that process's start.
 *
 * @throws {StoreLockedError} when a living process holds it; system errors as they are.
 */
export function acquireLock(databasePath: string): LockFile {
  const path = `${databasePath}.lock`;
  const own = `${process.pid}\n${processStart(process.pid)}\n`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, own, { mode: 0o644 });
  try {
    // A hard link appears with its content or not at all: no reader ever sees half a lock.
    while (!tryLink(draft, path)) removeIfStale(databasePath, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    path,
    release() {
      if (readIfPresent(path) === own) rmSync(path, { force: true });
    },
  };
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function removeIfStale(databasePath: string, path: string): void {
  const seen = readIfPresent(path);
  if (seen === undefined) return;
  const holder = livingHolder(seen);
  if (holder !== undefined) throw new StoreLockedError(databasePath, holder, path);
  // Two processes may find the same stale lock: what was moved away is looked
  // at again, and put back when it is the other one's fresh lock.
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readIfPresent(aside) !== seen) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function livingHolder(content: string): number | undefined {
  const [pidText = '', start = ''] = content.split('\n');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  const now = processStart(pid);
  return start === '' || now === '' || start === now ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Boot and start tick of a process; `''` where the system does not tell. */
export function processStart(pid: number): string {
  const boot = readIfPresent('/proc/sys/kernel/random/boot_id')?.trim();
  const stat = readIfPresent(`/proc/${pid}/stat`);
  if (boot === undefined || stat === undefined) return '';
  // Field 22, counted behind the command name, which may itself hold blanks and brackets.
  const tick = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return tick === undefined ? '' : `${boot}/${tick}`;
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
