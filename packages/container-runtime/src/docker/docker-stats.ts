import type { ContainerStats, NetworkStats } from '../runtime.js';
import type { EngineClient } from './client/engine-client.js';
import type { EngineStats } from './client/engine-types.js';
import { inspectContainer } from './inspect.js';
import { explainNotRunning, notRunning } from './streams/not-running.js';
import { milliseconds } from './timestamps.js';

/** One sample of a running container. @throws {ContainerNotRunningError} */
export async function dockerStats(client: EngineClient, id: string): Promise<ContainerStats> {
  const path = `/containers/${encodeURIComponent(id)}/stats`;
  const query = { stream: false, 'one-shot': true };
  const stats = await client.json<EngineStats>({ path, query }).catch(async (error: unknown) => {
    throw await explainNotRunning(client, id, error);
  });
  const time = milliseconds(stats.read);
  if (time === 0) {
    throw notRunning(await inspectContainer(client, id));
  }
  return statsOf(id, time, stats);
}

/** The formulas of edged.md §12.5, for cgroup v1 and v2. */
export function statsOf(id: string, time: number, stats: EngineStats): ContainerStats {
  const { usage = 0, stats: memory = {} } = stats.memory_stats ?? {};
  const cpu = stats.cpu_stats?.cpu_usage;
  const inactive = memory['total_inactive_file'] ?? memory['inactive_file'] ?? 0;
  return {
    id,
    time,
    cpuNanoseconds: BigInt(Math.trunc(cpu?.total_usage ?? 0)),
    memoryUsageBytes: usage,
    memoryWorkingSetBytes: Math.max(0, usage - inactive),
    memoryRssBytes: memory['total_rss'] ?? memory['anon'] ?? 0,
    pids: stats.pids_stats?.current ?? 0,
    ...faults(memory),
    ...optional('cpuUserNanoseconds', nanoseconds(cpu?.usage_in_usermode)),
    ...optional('cpuSystemNanoseconds', nanoseconds(cpu?.usage_in_kernelmode)),
    ...optional('memoryCacheBytes', memory['total_cache'] ?? memory['file']),
    ...optional('memoryMaxUsageBytes', stats.memory_stats?.max_usage),
    ...blockDevices(stats),
    ...(stats.networks ? { networks: Object.entries(stats.networks).map(networkOf) } : {}),
  };
}

function faults(
  memory: Readonly<Record<string, number>>,
): Pick<ContainerStats, 'pageFaults' | 'majorPageFaults'> {
  const pageFaults = memory['total_pgfault'] ?? memory['pgfault'];
  const majorPageFaults = memory['total_pgmajfault'] ?? memory['pgmajfault'];
  return {
    ...(pageFaults === undefined ? {} : { pageFaults }),
    ...(majorPageFaults === undefined ? {} : { majorPageFaults }),
  };
}

function networkOf([name, counters]: [string, Readonly<Record<string, number>>]): NetworkStats {
  return {
    name,
    rxBytes: counters['rx_bytes'] ?? 0,
    rxErrors: counters['rx_errors'] ?? 0,
    txBytes: counters['tx_bytes'] ?? 0,
    txErrors: counters['tx_errors'] ?? 0,
    ...optional('rxPackets', counters['rx_packets']),
    ...optional('rxDropped', counters['rx_dropped']),
    ...optional('txPackets', counters['tx_packets']),
    ...optional('txDropped', counters['tx_dropped']),
  };
}

function nanoseconds(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(Math.trunc(value));
}

/** Sums over devices; cgroup v1 writes `Read`, v2 `read`. */
function blockDevices(stats: EngineStats): Pick<ContainerStats, 'diskReadBytes' | 'diskWriteBytes'> {
  const entries = stats.blkio_stats?.io_service_bytes_recursive;
  if (!entries) return {};
  const sum = (op: string) =>
    entries.reduce((total, entry) => total + (entry.op.toLowerCase() === op ? entry.value : 0), 0);
  return { diskReadBytes: sum('read'), diskWriteBytes: sum('write') };
}

/** The property, where there is a value. */
function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
