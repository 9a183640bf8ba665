import type { AgentStatus } from '@edgecore/edgecore';
import { describe, expect, test } from '@jest/globals';
import { age, formatStatus } from '../src/status-table.js';

const now = Date.UTC(2026, 0, 2);
const status: AgentStatus = {
  version: '0.1.0',
  pid: 7,
  startedAt: now - 3_600_000 * 3,
  node: { name: 'n1', addresses: ['192.0.2.1'], runtime: 'docker' },
  link: {
    state: 'backoff',
    server: '203.0.113.5:10000',
    connected: false,
    connectedSince: undefined,
    attempts: 3,
    lastError: 'connect ECONNREFUSED',
    profile: '2020',
    queueMessages: 4,
    queueBytes: 99,
    pendingRequests: 0,
    certificateNotAfter: undefined,
  },
  modules: [
    { name: 'websocket', state: 'degraded', reason: 'no cloud', restarts: 2, queued: 5, lastMessageAt: 0 },
  ],
  pods: [
    {
      namespace: 'default',
      name: 'web',
      uid: 'u',
      phase: 'Pending',
      ready: 0,
      containers: 2,
      restarts: 1,
      ip: '',
      reason: 'ImagePullBackOff',
      startedAt: new Date(now - 90_000).toISOString(),
    },
  ],
  store: { path: '/d/edgecore.db', outcome: 'intact', outbox: 6 },
  memoryBytes: 80 * 1_048_576,
};

describe('edgecore status', () => {
  test('a node without its cloud says why, and what waits', () => {
    const text = formatStatus(status, now);
    expect(text).toContain('not connected to 203.0.113.5:10000 (backoff: connect ECONNREFUSED), cloud 2020');
    expect(text).toMatch(/Queue +4 messages, 6 reports kept on disk/);
    expect(text).toMatch(/websocket +degraded +5 +2 +no cloud/);
    expect(text).toMatch(/default +web +0\/2 +Pending \(ImagePullBackOff\) +1 +90s/);
    expect(text).toMatch(/Agent +0\.1\.0, process 7, up 3h, 80 MiB/);
  });

  test('without a hub and without pods', () => {
    const text = formatStatus({ ...status, link: undefined, pods: [] }, now);
    expect(text).toMatch(/Cloud +off/);
    expect(text).not.toContain('Queue');
    expect(text).toContain('No pods.');
    expect(text).not.toContain('Devices');
  });

  test.each([
    [0, /^Devices +3$/m],
    [1, /^Devices +3, 1 waiting to reach the cloud$/m],
  ])('devices, %d of them waiting', (pending, line) => {
    expect(formatStatus({ ...status, devices: { total: 3, pending } }, now)).toMatch(line);
  });

  test.each([
    [5000, '5s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
    [-5, '0s'],
  ])('%d ms is %s', (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});
