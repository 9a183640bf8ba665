import { describe, expect, test } from '@jest/globals';
import { liveness, readiness } from '../../src/observe/agent-status.js';
import { createLogger } from '../../src/observe/logger.js';
import { PrometheusMetrics } from '../../src/observe/prometheus.js';

describe('figures for Prometheus', () => {
  test('counters, gauges and durations, each from its first use', async () => {
    const metrics = new PrometheusMetrics();
    metrics.count('edgecore_messages_sent_total', { module: 'edged' });
    metrics.count('edgecore_messages_sent_total', { module: 'edged' }, 2);
    metrics.gauge('edgecore_queue', 5);
    metrics.gauge('edgecore_queue', 3);
    metrics.observe('edgecore_request_seconds', 0.01, { to: 'hub' });
    const text = await metrics.text();
    expect(text).toContain('edgecore_messages_sent_total{module="edged"} 3\n');
    expect(text).toContain('edgecore_queue 3\n');
    expect(text).toContain('edgecore_request_seconds_bucket{le="0.02",to="hub"} 1\n');
    expect(metrics.contentType).toMatch(/^text\/plain/);
  });

  test('the process itself: memory, processor time that only grows, a busy loop', async () => {
    const metrics = new PrometheusMetrics();
    const read = async (name: string) =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.text())?.[1]);
    expect(await read('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(await read('process_start_time_seconds')).toBeLessThanOrEqual(Date.now() / 1000);
    expect(await read('process_open_fds')).toBeGreaterThan(2);
    const before = await read('process_cpu_seconds_total');
    const used = process.cpuUsage();
    while (process.cpuUsage(used).user < 20_000);
    expect(await read('process_cpu_seconds_total')).toBeGreaterThanOrEqual(before + 0.02);
    const share = await read('nodejs_eventloop_utilization');
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  });

  test('two nodes in one process keep theirs apart', async () => {
    const [a, b] = [new PrometheusMetrics(), new PrometheusMetrics()];
    a.count('edgecore_x_total');
    expect(await b.text()).not.toContain('edgecore_x_total');
  });
});

describe('health', () => {
  const module = (name: string, state: 'ready' | 'degraded' | 'failed', reason?: string) => ({
    name,
    state,
    restarts: 0,
    queued: 0,
    lastMessageAt: 0,
    ...(reason ? { reason } : {}),
  });

  test('alive until a module fails for good; ready only while all work, the cloud aside', () => {
    const modules = [module('websocket', 'degraded', 'no cloud'), module('edged', 'degraded', 'no engine')];
    expect(liveness(modules).every(({ ok }) => ok)).toBe(true);
    expect(readiness(modules, new Set(['websocket']))).toEqual([
      { name: 'websocket', ok: true, reason: 'no cloud' },
      { name: 'edged', ok: false, reason: 'no engine' },
    ]);
    expect(liveness([module('edged', 'failed', 'broken')])[0]).toMatchObject({ ok: false, reason: 'broken' });
  });
});

describe('the log', () => {
  test('levels and children', async () => {
    const log = await createLogger({ level: 'warn', pretty: false });
    expect(typeof log.child({ module: 'x' }).warn).toBe('function');
    expect(Reflect.get(log, 'level')).toBe('warn');
  });
});
