import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeUnavailableError } from '../errors.js';
import { bootId, isAlive, type ProcessRef, readStat } from './process-table.js';
import { writeDurably } from './record-store.js';

/**
 * One agent per root directory: two would convert the same output twice. The
 * lock of a dead process is taken over; within one process, close the first
 * runtime before making a second.
 *
 * @throws {RuntimeUnavailableError} naming the process that holds it.
 */
export async function lockRoot(rootDir: string): Promise<() => Promise<void>> {
  const path = join(rootDir, 'lock');
  const holder = await readFile(path, 'utf8').then(
    (text) => parse(text),
    () => undefined,
  );
  if (holder && holder.pid !== process.pid && isAlive(holder)) {
    throw new RuntimeUnavailableError(
      `${rootDir} is in use by process ${holder.pid}; stop that agent or give this one another directory`,
    );
  }
  const own: ProcessRef = {
    pid: process.pid,
    startTicks: readStat(process.pid)?.startTicks ?? 0,
    bootId: bootId(),
  };
  await writeDurably(path, JSON.stringify(own));
  return () => rm(path, { force: true });
}

function parse(text: string): ProcessRef | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProcessRef>;
    const valid = typeof value.pid === 'number' && typeof value.startTicks === 'number';
    return valid && typeof value.bootId === 'string' ? (value as ProcessRef) : undefined;
  } catch {
    return undefined;
  }
}
