import { defaultRouteInterface } from '../../node/addresses.js';
import type { Host } from '../../node/host.js';
import { parseMemoryInfo, parseThreadCount } from '../../node/parse-host.js';

/** Figures of the whole machine. */
export interface NodeSample {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly bootTime: number;
  readonly cpuNanoseconds: bigint;
  readonly cpus: number;
  readonly memory: {
    readonly totalBytes: number;
    readonly usageBytes: number;
    readonly workingSetBytes: number;
    readonly rssBytes: number;
    readonly pageFaults: number;
    readonly majorPageFaults: number;
  };
  readonly interfaces: readonly InterfaceSample[];
  /** The one with the default route. */
  readonly mainInterface: string | undefined;
  readonly threads: number | undefined;
  readonly maxThreads: number | undefined;
}

export interface InterfaceSample {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

/** USER_HZ: 100 on every architecture Node runs on. */
const NANOSECONDS_PER_TICK = 10_000_000n;

/** Reads `/proc`; what is missing counts 0. */
export async function readNode(host: Host, now: number): Promise<NodeSample> {
  const [stat, memory, vmstat, devices, routes, loadavg, pidMax] = await Promise.all(
    [
      '/proc/stat',
      '/proc/meminfo',
      '/proc/vmstat',
      '/proc/net/dev',
      '/proc/net/route',
      '/proc/loadavg',
      '/proc/sys/kernel/pid_max',
    ].map((path) => host.readText(path).then((text = '') => text)),
  );
  return {
    time: now,
    bootTime: numberAfter(stat!, 'btime') * 1000,
    cpuNanoseconds: busyTicks(stat!) * NANOSECONDS_PER_TICK,
    cpus: host.cpus(),
    memory: memorySample(memory!, vmstat!),
    interfaces: parseInterfaces(devices!),
    mainInterface: defaultRouteInterface(routes!),
    threads: parseThreadCount(loadavg!),
    maxThreads: pidMax === '' ? undefined : Number(pidMax),
  };
}

/** Everything but idle and waiting for disks. Guests are part of user time already. */
function busyTicks(stat: string): bigint {
  const [user = 0n, nice = 0n, system = 0n, , , irq = 0n, softirq = 0n, steal = 0n] = (
    /^cpu +(.*)$/m.exec(stat)?.[1] ?? ''
  )
    .split(' ')
    .filter((field) => /^\d+$/.test(field))
    .map(BigInt);
  return user + nice + system + irq + softirq + steal;
}

function memorySample(meminfo: string, vmstat: string): NodeSample['memory'] {
  const { totalKiB } = parseMemoryInfo(meminfo);
  const kib = (key: string) => numberAfter(meminfo, `${key}:`) * 1024;
  const totalBytes = totalKiB * 1024;
  const usageBytes = Math.max(0, totalBytes - kib('MemFree'));
  return {
    totalBytes,
    usageBytes,
    workingSetBytes: Math.max(0, usageBytes - kib('Inactive(file)')),
    rssBytes: kib('AnonPages'),
    pageFaults: numberAfter(vmstat, 'pgfault'),
    majorPageFaults: numberAfter(vmstat, 'pgmajfault'),
  };
}

/** Real interfaces: not the loopback, bridges and pairs of containers. */
export function parseInterfaces(devices: string): InterfaceSample[] {
  return devices
    .split('\n')
    .map((line) => /^\s*([^:\s]+):\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
    .filter(([, name]) => !/^(lo$|veth|docker|cni|br-|cali)/.test(name!))
    .map(([, name, rest]) => {
      const fields = rest!.trim().split(/\s+/).map(Number);
      const field = (index: number) => fields[index] ?? 0;
      return { name: name!, rxBytes: field(0), rxErrors: field(2), txBytes: field(8), txErrors: field(10) };
    });
}

function numberAfter(text: string, key: string): number {
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return Number(new RegExp(`^${escaped}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
