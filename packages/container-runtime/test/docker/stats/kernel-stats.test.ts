import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { statsOf } from '../../../src/docker/stats/docker-stats.js';
import { KernelStats } from '../../../src/docker/stats/kernel-stats.js';
import { createDockerRuntime } from '../../../src/index.js';
import { fakeEngine } from '../../fake-engine.js';
import { inspected, V2_ENGINE_STATS, v1Files, v2Files, writeTree } from './cgroup-trees.js';

const ID = 'c'.repeat(64);
const UID = '52c853d4-ae27-441c-9776-a655488cbba1';
const POD = `kubepods/burstable/pod${UID}`;

let root: string;
let kernel: KernelStats;

beforeEach(async () => {
  root = await tempDir();
  kernel = new KernelStats({ cgroupRoot: join(root, 'cgroup'), procRoot: join(root, 'proc') });
});

const process = (pid: number, cgroup: string, more: Record<string, string> = {}) =>
  writeTree(join(root, 'proc', String(pid)), { cgroup, ...more });

const FIGURES = {
  memoryUsageBytes: 24_264_704,
  memoryWorkingSetBytes: 24_264_704 - 21_790_720,
  memoryRssBytes: 53_248,
  memoryCacheBytes: 22_953_984,
  memoryMaxUsageBytes: 25_202_688,
  pageFaults: 1412,
  majorPageFaults: 1,
  pids: 3,
  diskReadBytes: 1_355_776,
  diskWriteBytes: 20_971_520,
};

describe('a tree of cgroup v2', () => {
  const read = () => kernel.read(ID, async () => inspected(ID, 42));

  test('has the figures Docker tells of it', async () => {
    await process(42, `0::/${POD}/${ID}\n`);
    await writeTree(join(root, 'cgroup'), v2Files(`${POD}/${ID}`));
    const { time, ...stats } = (await read())!;
    expect(Math.abs(time - Date.now())).toBeLessThan(10_000);
    expect(stats).toEqual({
      id: ID,
      cgroup: `/${POD}/${ID}`,
      cpuNanoseconds: 35_688_000n,
      cpuUserNanoseconds: 10_211_000n,
      cpuSystemNanoseconds: 25_477_000n,
      ...FIGURES,
    });
    // Docker does not hand on the highest use there, nor the path.
    const { memoryMaxUsageBytes: _peak, cgroup: _path, ...known } = stats;
    expect(statsOf(ID, 5, V2_ENGINE_STATS)).toEqual({ ...known, time: 5 });
  });

  test('of an old kernel has no peak, of one without the io controller no disks', async () => {
    await process(42, `0::/${POD}/${ID}\n`);
    const directory = `${POD}/${ID}`;
    const {
      [`${directory}/memory.peak`]: _peak,
      [`${directory}/io.stat`]: _io,
      ...files
    } = v2Files(directory);
    await writeTree(join(root, 'cgroup'), files);
    const stats = (await read())!;
    expect(stats).not.toHaveProperty('memoryMaxUsageBytes');
    expect(stats).not.toHaveProperty('diskReadBytes');
    expect(stats.memoryWorkingSetBytes).toBe(FIGURES.memoryWorkingSetBytes);
  });

  test('without the memory controller is left to the engine', async () => {
    await process(42, `0::/${POD}/${ID}\n`);
    const { [`${POD}/${ID}/memory.current`]: _usage, ...files } = v2Files(`${POD}/${ID}`);
    await writeTree(join(root, 'cgroup'), files);
    expect(await read()).toBeUndefined();
  });
});

test('a tree of cgroup v1: exact nanoseconds, totals with children, the counting scheduler', async () => {
  const line = (controllers: string) => `4:${controllers}:/${POD}/${ID}`;
  await process(42, [line('cpu,cpuacct'), line('memory'), line('pids'), line('blkio'), '0::/'].join('\n'));
  await writeTree(join(root, 'cgroup'), v1Files(`${POD}/${ID}`));
  expect(await kernel.read(ID, async () => inspected(ID, 42))).toEqual({
    id: ID,
    time: expect.any(Number),
    cgroup: `/${POD}/${ID}`,
    cpuNanoseconds: 35_688_136n,
    cpuUserNanoseconds: 10_000_000n,
    cpuSystemNanoseconds: 20_000_000n,
    ...FIGURES,
  });
});

describe('a sandbox', () => {
  const labels = { 'io.kubernetes.docker.type': 'podsandbox', 'io.kubernetes.pod.uid': UID };
  const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0
  eth0:9007199254740 8 1 2 0 0 0 0 5678 9 3 4 0 0 0 0
`;

  beforeEach(async () => {
    await process(42, `0::/${POD}/${ID}\n`, { 'net/dev': NET_DEV });
    await writeTree(join(root, 'cgroup'), { ...v2Files(`${POD}/${ID}`), ...v2Files(POD) });
    await writeTree(join(root, 'cgroup', POD), { 'cpu.stat': 'usage_usec 99999\n' });
  });

  test('has the interfaces of the pod, and the figures of the cgroup around all its containers', async () => {
    const stats = await kernel.read(ID, async () => inspected(ID, 42, { labels, network: 'default' }));
    expect(stats?.networks).toEqual([
      {
        name: 'eth0',
        rxBytes: 9_007_199_254_740,
        rxPackets: 8,
        rxErrors: 1,
        rxDropped: 2,
        txBytes: 5678,
        txPackets: 9,
        txErrors: 3,
        txDropped: 4,
      },
    ]);
    expect(stats?.cpuNanoseconds).toBe(35_688_000n);
    expect(stats?.pod).toMatchObject({ ...FIGURES, cgroup: `/${POD}`, cpuNanoseconds: 99_999_000n });
  });

  test("of the host's network has none: the host's are not the pod's", async () => {
    const stats = await kernel.read(ID, async () => inspected(ID, 42, { labels, network: 'host' }));
    expect(stats).not.toHaveProperty('networks');
  });
});

describe('containers come and go', () => {
  let pid: number;
  let asked: number;
  const read = () =>
    kernel.read(ID, async () => {
      asked++;
      return inspected(ID, pid);
    });

  beforeEach(async () => {
    pid = 42;
    asked = 0;
    await process(42, `0::/${POD}/${ID}\n`);
    await writeTree(join(root, 'cgroup'), v2Files(`${POD}/${ID}`));
  });

  test('the engine is asked once', async () => {
    await read();
    expect(await read()).toBeDefined();
    expect(asked).toBe(1);
  });

  test('one started anew has another pid, and the old one is somebody else', async () => {
    await read();
    pid = 43;
    await process(42, '0::/user.slice\n');
    await process(43, `0::/${POD}/${ID}\n`);
    expect(await read()).toBeDefined();
    expect(asked).toBe(2);
  });

  test('the cgroup of one that ended is gone: the engine knows why', async () => {
    await read();
    await rm(join(root, 'cgroup', POD, ID), { recursive: true });
    expect(await read()).toBeUndefined();
  });

  test('one that does not run is not looked for', async () => {
    const dead = { ...inspected(ID, 42), State: { Running: false, Pid: 0 } };
    expect(await kernel.read(ID, async () => dead)).toBeUndefined();
  });
});

test.each([
  ['no process', 0x7fff_ffff],
  ['a process of somebody else', globalThis.process.pid],
])('an engine on another machine, whose pid is %s here, is asked itself', async (_name, pid) => {
  const fake = await fakeEngine(({ path }, response) =>
    response.end(JSON.stringify(path.endsWith('/stats') ? V2_ENGINE_STATS : inspected(ID, pid))),
  );
  const runtime = createDockerRuntime({ socketPath: fake.socketPath });
  const { memoryMaxUsageBytes: _peak, ...figures } = FIGURES;
  expect(await runtime.stats(ID)).toMatchObject({ ...figures, id: ID, cpuNanoseconds: 35_688_000n });
  expect(fake.calls.at(-1)?.query.get('one-shot')).toBe('true');
  await runtime.close();
  await fake.close();
});
