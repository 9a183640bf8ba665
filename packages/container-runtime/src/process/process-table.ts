import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** A process that cannot be mistaken for a later one with the same PID. */
export interface ProcessRef {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of `/proc/<pid>/stat`. */
  readonly startTicks: number;
  /** `/proc/sys/kernel/random/boot_id` of the boot it was started in. */
  readonly bootId: string;
}

export interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  readonly tty: number;
  /** User and system time of the process and of the children it has waited for. */
  readonly cpuTicks: number;
  readonly startTicks: number;
}

/** Every container's processes carry this variable, whatever session or group they move to. */
export const MARKER = 'EDGECORE_CONTAINER_ID';
/** The same for its supervisor, which must outlive them. */
export const SUPERVISOR_MARKER = 'EDGECORE_SUPERVISOR_OF';

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Parses `/proc/<pid>/stat`; the command name may hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(end + 2).split(' ');
  if (end < 0 || !Number.isInteger(pid) || fields.length < 20) return undefined;
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid,
    state: fields[0] ?? '',
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    tty: field(7),
    cpuTicks: field(14) + field(15) + field(16) + field(17),
    startTicks: field(22),
  };
}

export function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Is it the very same process, and not a zombie? */
export function isAlive(ref: ProcessRef): boolean {
  const stat = readStat(ref.pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return false;
  return stat.startTicks === ref.startTicks && ref.bootId === bootId();
}

export async function listProcesses(): Promise<ProcessStat[]> {
  const names = await readdir('/proc');
  const stats = names.filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name)));
  return stats.filter((stat) => stat !== undefined);
}

/** The process, its session, its group and all their descendants. */
export function membersOf(leader: number, all: readonly ProcessStat[]): ProcessStat[] {
  const member = new Set<number>();
  for (const { pid, pgrp, session } of all) {
    if (pid === leader || pgrp === leader || session === leader) member.add(pid);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, ppid } of all) {
      if (member.has(ppid) && !member.has(pid)) grown = Boolean(member.add(pid));
    }
  }
  return all.filter(({ pid }) => member.has(pid));
}

/** Living processes whose environment carries the marker with the container's id. */
export async function markedProcesses(
  name: typeof MARKER | typeof SUPERVISOR_MARKER,
  id: string,
): Promise<number[]> {
  const marker = `${name}=${id}`;
  const found: number[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (environment.split('\0').includes(marker)) found.push(Number(pid));
  }
  return found;
}

/** Kills what carries the marker until nothing does; false when something would not die. */
export async function killMarked(containerId: string): Promise<boolean> {
  for (let round = 0; round < 20; round++) {
    const pids = await markedProcesses(MARKER, containerId);
    if (pids.length === 0) return true;
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 5 * (round + 1)));
  }
  return false;
}

/** Sends a signal to a process, or to a group when negative. False when nobody is there to take it. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
