import { readdir, readFile } from 'node:fs/promises';
import { median, sleep } from './numbers.mjs';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;
const MEMORY_SAMPLES = 10;

/** Memory of a process in MB: `rss`, `pss` (shared pages divided among their users) and `private`. */
export async function memoryOf(pid) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = (key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    rss: kilobytes('Rss') / 1024,
    pss: kilobytes('Pss') / 1024,
    private: (kilobytes('Private_Clean') + kilobytes('Private_Dirty')) / 1024,
  };
}

/** Processor seconds used so far and how often the process went to sleep, all threads together. */
export async function activityOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces; fields 14 and 15 are utime and stime.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const threads = await readdir(`/proc/${pid}/task`);
  const switches = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8').catch(() => '');
      return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    }),
  );
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    wakeups: switches.reduce((sum, count) => sum + count, 0),
    atMs: performance.now(),
  };
}

/** What a process did between two {@link activityOf}. */
export function activityBetween(before, after) {
  const seconds = (after.atMs - before.atMs) / 1000;
  return {
    cpuPercent: ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100,
    wakeupsPerSecond: (after.wakeups - before.wakeups) / seconds,
  };
}

/** Medians of the memory and means of the activity over a time. */
export async function watch(pid, seconds) {
  const before = await activityOf(pid);
  const samples = [];
  for (let n = 0; n < MEMORY_SAMPLES; n += 1) {
    await sleep((seconds * 1000) / MEMORY_SAMPLES);
    samples.push(await memoryOf(pid));
  }
  const memory = Object.fromEntries(
    ['rss', 'pss', 'private'].map((key) => [key, median(samples.map((sample) => sample[key]))]),
  );
  return { ...memory, ...activityBetween(before, await activityOf(pid)) };
}
