import { readFile } from 'node:fs/promises';

/** The kernel's figures of the cgroup a process is in, read without the code under test. */
export async function cgroupFiles(pid: string) {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).trim().split('\n');
  const path = (controller: string) =>
    lines
      .map((line) => line.split(':'))
      .find(([, names]) => names!.split(',').includes(controller))
      ?.slice(2)
      .join(':');
  const read = async (file: string) => (await readFile(`/sys/fs/cgroup${file}`, 'utf8')).trim();
  const v1 = path('memory');
  const files = v1
    ? [
        `/cpuacct${path('cpuacct')}/cpuacct.usage`,
        `/memory${v1}/memory.usage_in_bytes`,
        `/memory${v1}/memory.stat`,
      ]
    : ['cpu.stat', 'memory.current', 'memory.stat'].map((name) => `${path('')}/${name}`);
  const [cpu, usage, stat] = await Promise.all(files.map(read));
  const value = (text: string, key: string) => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)![1]);
  const usageBytes = Number(usage);
  return {
    cpuNanoseconds: v1 ? BigInt(cpu!) : BigInt(value(cpu!, 'usage_usec')) * 1000n,
    usageBytes,
    workingSetBytes: usageBytes - value(stat!, v1 ? 'total_inactive_file' : 'inactive_file'),
    rssBytes: value(stat!, v1 ? 'total_rss' : 'anon'),
  };
}

/** By interface: bytes received and sent, packets received and sent. */
export async function netDev(pid: string): Promise<Record<string, readonly number[]>> {
  const lines = (await readFile(`/proc/${pid}/net/dev`, 'utf8')).trim().split('\n').slice(2);
  const all = lines.map((line) => line.trim().split(/[:\s]+/));
  return Object.fromEntries(
    all
      .filter(([name]) => name !== 'lo')
      .map(([name, ...fields]) => [name!, [0, 8, 1, 9].map((index) => Number(fields[index]))]),
  );
}
