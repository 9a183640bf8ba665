import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupStats } from '../../runtime.js';
import type { CgroupPlace } from './cgroup-place.js';
import { deviceBytes, memoryFigures, optional } from './formulas.js';

/** USER_HZ: 100 on every architecture Node runs on. */
const NANOSECONDS_PER_TICK = 10_000_000n;

/**
 * The kernel's figures of a cgroup and everything below it. Reads at once: the kernel makes these files up without a
 * disk, and handing each over to another thread would cost many times the reading.
 *
 * @throws the system's error when it is gone.
 */
export function readCgroup(place: CgroupPlace): CgroupStats {
  return { cgroup: place.path, ...(place.version === 1 ? readV1(place) : readV2(place)) };
}

function readV1({ cpu, memory, pids, io }: CgroupPlace): CgroupStats {
  const ticks = keyed(readOptional(cpu, 'cpuacct.stat'));
  // The one of the scheduler that counts.
  const devices = ['blkio.bfq.io_service_bytes_recursive', 'blkio.throttle.io_service_bytes_recursive']
    .map((name) => readOptional(io, name))
    .filter((text) => text !== undefined)
    .map(blockEntries);
  return {
    cpuNanoseconds: BigInt(read(cpu, 'cpuacct.usage').trim()),
    ...optional('cpuUserNanoseconds', times(ticks.get('user'), NANOSECONDS_PER_TICK)),
    ...optional('cpuSystemNanoseconds', times(ticks.get('system'), NANOSECONDS_PER_TICK)),
    ...memoryFigures(
      Number(read(memory, 'memory.usage_in_bytes')),
      numbers(read(memory, 'memory.stat')),
      number(readOptional(memory, 'memory.max_usage_in_bytes')),
    ),
    pids: number(readOptional(pids, 'pids.current')) ?? 0,
    ...(devices.length > 0 && deviceBytes(devices.find(({ length }) => length > 0) ?? [])),
  };
}

function readV2({ cpu: directory }: CgroupPlace): CgroupStats {
  const micros = keyed(read(directory, 'cpu.stat'));
  const devices = readOptional(directory, 'io.stat');
  return {
    cpuNanoseconds: times(micros.get('usage_usec'), 1000n) ?? 0n,
    ...optional('cpuUserNanoseconds', times(micros.get('user_usec'), 1000n)),
    ...optional('cpuSystemNanoseconds', times(micros.get('system_usec'), 1000n)),
    ...memoryFigures(
      Number(read(directory, 'memory.current')),
      numbers(read(directory, 'memory.stat')),
      number(readOptional(directory, 'memory.peak')),
    ),
    pids: number(readOptional(directory, 'pids.current')) ?? 0,
    ...(devices !== undefined && deviceBytes(ioEntries(devices))),
  };
}

function read(directory: string, name: string): string {
  return readFileSync(join(directory, name), 'latin1');
}

/** `undefined` where the kernel has no such figure. */
function readOptional(directory: string, name: string): string | undefined {
  try {
    return read(directory, name);
  } catch {
    return undefined;
  }
}

/** Lines `name value`. */
function keyed(text = ''): Map<string, string> {
  const pairs = text.split('\n').map((line) => line.split(' '));
  return new Map(pairs.filter(({ length }) => length === 2).map(([key, value]) => [key!, value!]));
}

function numbers(text: string): Record<string, number> {
  return Object.fromEntries([...keyed(text)].map(([key, value]) => [key, Number(value)]));
}

function number(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text.trim()) ? undefined : Number(text);
}

function times(value: string | undefined, factor: bigint): bigint | undefined {
  return value === undefined ? undefined : BigInt(value) * factor;
}

/** Lines `8:0 Read 4096`. */
function blockEntries(text = ''): { op: string; value: number }[] {
  return [...text.matchAll(/^\d+:\d+ (Read|Write) (\d+)$/gm)].map(([, op, value]) => ({
    op: op!,
    value: Number(value),
  }));
}

/** Lines `8:0 rbytes=4096 wbytes=0 rios=1 …`. */
function ioEntries(text: string): { op: string; value: number }[] {
  return [...text.matchAll(/\b([rw])bytes=(\d+)/g)].map(([, letter, value]) => ({
    op: letter === 'r' ? 'read' : 'write',
    value: Number(value),
  }));
}
