import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';
import { codeOf, isDamage } from './errors.js';

/** What is wrong with a database file, or `undefined` when it is sound. */
export type Damage = string | undefined;

/**
 * Looks for damage: not a database, cut short, broken pages. Errors that say
 * nothing about the content (permissions, locks, disk) are thrown as they are.
 */
export function findDamage(path: string, busyTimeoutMs: number): Damage {
  // An agent never leaves an empty file behind: this is what a power cut makes of a new one.
  if (statSync(path).size === 0) return 'the file is empty';
  let db: Database | undefined;
  try {
    db = new Sqlite(path, { timeout: busyTimeoutMs, fileMustExist: true });
    const rows = db.pragma('quick_check(5)') as { quick_check: string }[];
    const faults = rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
    return faults.length === 0 ? undefined : faults.join('; ').replaceAll('\n', ' ');
  } catch (error) {
    if (isDamage(codeOf(error))) return (error as Error).message;
    throw error;
  } finally {
    db?.close();
  }
}

/**
 * Moves a damaged database and what belongs to it (`-wal`, `-shm`,
 * `-journal`) to `<path>.damaged-<timestamp>…`, for the operator to look at.
 *
 * @returns the new path of the main file.
 */
export function moveAside(path: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  let target = `${path}.damaged-${stamp}`;
  for (let n = 2; existsSync(target); n += 1) target = `${path}.damaged-${stamp}-${n}`;
  renameSync(path, target);
  for (const suffix of ['-wal', '-shm', '-journal']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}

/** A log left behind without its database would be replayed into the new one. */
export function removeOrphanedLogs(path: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}
