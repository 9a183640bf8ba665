import type { ContainerStats, NetworkStats } from '../../runtime.js';
import type { EngineClient } from '../client/engine-client.js';
import type { EngineStats } from '../client/engine-types.js';
import { inspectContainer } from '../inspect.js';
import { explainNotRunning, notRunning } from '../streams/not-running.js';
import { milliseconds } from '../timestamps.js';
import { deviceBytes, memoryFigures, optional } from './formulas.js';
import type { KernelStats } from './kernel-stats.js';

/**
 * One sample of a running container: from the kernel where its cgroup can be seen, else from the engine.
 *
 * @throws {ContainerNotRunningError} @throws {RuntimeNotFoundError}
 */
export async function dockerStats(
  client: EngineClient,
  kernel: KernelStats,
  id: string,
): Promise<ContainerStats> {
  return (await kernel.read(id, () => inspectContainer(client, id))) ?? engineStats(client, id);
}

/** One sample as the engine tells it. @throws {ContainerNotRunningError} @throws {RuntimeNotFoundError} */
export async function engineStats(client: EngineClient, id: string): Promise<ContainerStats> {
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

/** The engine's figures, of cgroup v1 and v2. */
export function statsOf(id: string, time: number, stats: EngineStats): ContainerStats {
  const { usage = 0, max_usage: peak, stats: memory = {} } = stats.memory_stats ?? {};
  const cpu = stats.cpu_stats?.cpu_usage;
  const devices = stats.blkio_stats?.io_service_bytes_recursive;
  return {
    id,
    time,
    cpuNanoseconds: BigInt(Math.trunc(cpu?.total_usage ?? 0)),
    ...optional('cpuUserNanoseconds', nanoseconds(cpu?.usage_in_usermode)),
    ...optional('cpuSystemNanoseconds', nanoseconds(cpu?.usage_in_kernelmode)),
    ...memoryFigures(usage, memory, peak),
    pids: stats.pids_stats?.current ?? 0,
    ...(devices && deviceBytes(devices)),
    ...(stats.networks && { networks: Object.entries(stats.networks).map(networkOf) }),
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
