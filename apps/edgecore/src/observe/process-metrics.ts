import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * Figures of the agent's own process, under the names Prometheus clients use.
 * Taken when somebody asks, with no timer in between: prom-client's default
 * set wakes an idle process ten times a second to measure the event loop.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });

  let countedSeconds = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'processor time used, user and system',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      this.inc(seconds - countedSeconds);
      countedSeconds = seconds;
    },
  });
  const startedAt = performance.timeOrigin / 1000;
  gauge('process_start_time_seconds', 'start of the process, seconds since the epoch', () => startedAt);
  gauge('process_resident_memory_bytes', 'resident memory', () => process.memoryUsage.rss());
  gauge('process_open_fds', 'open file descriptors', openFiles);
  gauge('nodejs_heap_size_total_bytes', 'JavaScript heap', () => process.memoryUsage().heapTotal);
  gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed);
  gauge('nodejs_external_memory_bytes', 'memory of buffers', () => process.memoryUsage().external);

  let since = performance.eventLoopUtilization();
  gauge('nodejs_eventloop_utilization', 'share of time the event loop was busy since the last scrape', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, since);
    since = now;
    return utilization;
  });
}

/** 0 on systems without `/proc`. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
