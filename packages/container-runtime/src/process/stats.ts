import { readFile } from 'node:fs/promises';
import type { ContainerStats } from '../runtime.js';
import { listProcesses, membersOf } from './process-table.js';

/** USER_HZ: 100 on every architecture Node runs on. */
const NANOSECONDS_PER_TICK = 10_000_000n;

/**
 * Sums over the container's session, group and their descendants. Pages shared
 * between its processes count for each; CPU time of a process that ended
 * counts once its parent has waited for it.
 */
export async function processStats(id: string, leader: number): Promise<ContainerStats> {
  const members = membersOf(leader, await listProcesses());
  let cpuNanoseconds = 0n;
  let rssBytes = 0;
  for (const { pid, cpuTicks } of members) {
    const ticks = BigInt(cpuTicks) * NANOSECONDS_PER_TICK;
    // Finer than ticks, but without waited-for children and threads: the larger one is nearer.
    const schedule = await readFile(`/proc/${pid}/schedstat`, 'latin1').catch(() => '');
    const precise = BigInt(/^\d+/.exec(schedule)?.[0] ?? 0);
    cpuNanoseconds += precise > ticks ? precise : ticks;
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    rssBytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }
  return {
    id,
    time: Date.now(),
    cpuNanoseconds,
    memoryUsageBytes: rssBytes,
    memoryWorkingSetBytes: rssBytes,
    memoryRssBytes: rssBytes,
    pids: members.length,
  };
}
