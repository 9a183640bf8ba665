import { describe, expect, test } from '@jest/globals';
import type { EngineContainer, EngineStats } from '../../src/docker/client/engine-types.js';
import { containerOfInspect, containerOfListing } from '../../src/docker/containers/container-state.js';
import { sandboxOfInspect } from '../../src/docker/sandbox/sandbox-state.js';
import { statsOf } from '../../src/docker/stats/docker-stats.js';

const ZERO = '0001-01-01T00:00:00Z';
const CREATED = '2026-11-23T08:02:45.5Z';

function inspect(State: EngineContainer['State'], overrides: Partial<EngineContainer> = {}): EngineContainer {
  return {
    Id: 'c1',
    Created: CREATED,
    Name: '/k8s_c_p_n_u_0',
    Image: 'sha256:abc',
    State: { StartedAt: ZERO, FinishedAt: ZERO, ExitCode: 0, ...State },
    Config: { Image: 'busybox', Labels: {} },
    HostConfig: {},
    ...overrides,
  };
}

describe('a container is', () => {
  test('running since it started; the end of an earlier run does not count', () => {
    const state = {
      Status: 'running',
      Running: true,
      StartedAt: '2026-11-23T08:02:46Z',
      FinishedAt: '2026-11-23T08:00:00Z',
    };
    expect(containerOfInspect(inspect(state), undefined)).toMatchObject({
      state: 'running',
      createdAt: Date.parse(CREATED),
      startedAt: Date.parse('2026-11-23T08:02:46Z'),
      finishedAt: 0,
    });
  });

  test('ended when it never got to run: both times are its creation, the engine says why', () => {
    const state = {
      Status: 'created',
      ExitCode: 128,
      Error: 'path / is mounted on / but it is not a shared mount',
    };
    expect(containerOfInspect(inspect(state), undefined)).toMatchObject({
      state: 'exited',
      exitCode: 128,
      error: state.Error,
      startedAt: Date.parse(CREATED),
      finishedAt: Date.parse(CREATED),
    });
  });

  test('about to start when it was only created', () => {
    expect(containerOfInspect(inspect({ Status: 'created' }), undefined)).toMatchObject({
      state: 'created',
      startedAt: 0,
      finishedAt: 0,
      error: '',
    });
  });

  test('ended with code and reason', () => {
    const state = {
      Status: 'exited',
      ExitCode: 137,
      OOMKilled: true,
      StartedAt: CREATED,
      FinishedAt: '2026-11-23T08:03:00.25Z',
    };
    expect(containerOfInspect(inspect(state), undefined)).toMatchObject({
      state: 'exited',
      exitCode: 137,
      oomKilled: true,
      finishedAt: Date.parse('2026-11-23T08:03:00.25Z'),
    });
  });

  test.each([
    ['created', 'created'],
    ['running', 'running'],
    ['paused', 'running'],
    ['exited', 'exited'],
    ['dead', 'exited'],
    ['removing', 'unknown'],
    ['restarting', 'unknown'],
    [undefined, 'unknown'],
  ])('listed as %s: %s', (State, state) => {
    expect(
      containerOfListing({
        Id: 'c',
        Image: 'i',
        ImageID: 'sha256:i',
        Created: 7,
        ...(State ? { State } : {}),
      }),
    ).toMatchObject({
      state,
      createdAt: 7_000,
    });
  });
});

test('the image is named as people know it, and by what a registry can find again', () => {
  const image = {
    Id: 'sha256:abc',
    Size: 1,
    RepoTags: ['busybox:1.36'],
    RepoDigests: ['busybox@sha256:def'],
  };
  const state = { Status: 'running', Running: true };
  expect(containerOfInspect(inspect(state), image)).toMatchObject({
    imageName: 'busybox:1.36',
    imageRef: 'docker-pullable://busybox@sha256:def',
    imageId: 'sha256:abc',
  });
  expect(containerOfInspect(inspect(state), { ...image, RepoTags: null, RepoDigests: [] })).toMatchObject({
    imageName: 'busybox',
    imageRef: 'docker://sha256:abc',
  });
});

test("a sandbox needs an address of its own to be ready, on the host's network it does not", () => {
  const running = { Status: 'running', Running: true };
  const settings = {
    IPAddress: '172.17.0.2',
    Networks: { bridge: { IPAddress: '172.17.0.2', GlobalIPv6Address: 'fd00::2' } },
  };
  expect(sandboxOfInspect(inspect(running, { NetworkSettings: settings }))).toMatchObject({
    state: 'ready',
    ips: ['172.17.0.2', 'fd00::2'],
  });
  expect(
    sandboxOfInspect(inspect(running, { NetworkSettings: { Networks: { pods: { IPAddress: '10.0.0.2' } } } }))
      .ips,
  ).toEqual(['10.0.0.2']);
  expect(sandboxOfInspect(inspect(running)).state).toBe('notReady');
  expect(sandboxOfInspect(inspect(running, { HostConfig: { NetworkMode: 'host' } }))).toMatchObject({
    state: 'ready',
    network: 'host',
  });
});

describe('stats', () => {
  const base: EngineStats = {
    cpu_stats: { cpu_usage: { total_usage: 20_247_149 } },
    pids_stats: { current: 3 },
  };

  test.each([
    [
      'v1',
      { total_inactive_file: 100, inactive_file: 1, total_rss: 50, rss: 2, total_pgfault: 9, pgmajfault: 1 },
    ],
    ['v2', { inactive_file: 100, anon: 50, pgfault: 9, pgmajfault: 1 }],
  ])('of cgroup %s', (_version, stats) => {
    expect(statsOf('c', 5, { ...base, memory_stats: { usage: 1000, stats } })).toEqual({
      id: 'c',
      time: 5,
      cpuNanoseconds: 20_247_149n,
      memoryUsageBytes: 1000,
      memoryWorkingSetBytes: 900,
      memoryRssBytes: 50,
      pids: 3,
      pageFaults: 9,
      majorPageFaults: 1,
    });
  });

  test('never fall below zero, and network counters keep their interface', () => {
    const stats = statsOf('c', 5, {
      memory_stats: { usage: 10, stats: { inactive_file: 100 } },
      networks: { eth0: { rx_bytes: 1, tx_bytes: 2, rx_errors: 3, tx_errors: 4 } },
    });
    expect(stats.memoryWorkingSetBytes).toBe(0);
    expect(stats.networks).toEqual([{ name: 'eth0', rxBytes: 1, txBytes: 2, rxErrors: 3, txErrors: 4 }]);
  });
});
