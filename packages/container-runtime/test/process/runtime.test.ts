import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import type { RuntimeEvent } from '../../src/index.js';
import { EventHub } from '../../src/process/event-hub.js';
import { membersOf, parseStat } from '../../src/process/process-table.js';
import { containerConfig, run, runtimes, sandboxConfig } from './pod.js';

const makeRuntime = runtimes();

describe('sandboxes', () => {
  test('are records: host network, no address, ready until stopped', async () => {
    const rootDir = await tempDir();
    const runtime = await makeRuntime({ rootDir });
    const config = sandboxConfig({ attempt: 2 });
    const sandbox = await runtime.runSandbox(config);
    expect(sandbox).toMatchObject({ pod: config.pod, attempt: 2, state: 'ready', ips: [], network: 'host' });
    expect(sandbox.labels).toEqual({ app: 'web' });
    expect(await runtime.listSandboxes('another')).toEqual([]);
    expect(await runtime.listSandboxes(config.pod.uid)).toHaveLength(1);
    await runtime.stopSandbox(sandbox.id);
    await runtime.close();
    const second = await makeRuntime({ rootDir });
    expect(await second.sandboxStatus(sandbox.id)).toMatchObject({ state: 'notReady', attempt: 2 });
    await expect(second.sandboxStatus('x')).rejects.toMatchObject({ code: 'ERR_RUNTIME_NOT_FOUND' });
    await second.stopSandbox('x');
  });

  test('stopping one ends its containers', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'trap "" TERM; while :; do sleep 0.1; done');
    const [sandbox] = await runtime.listSandboxes();
    await runtime.stopSandbox(sandbox!.id);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 137 });
  });
});

describe('containers', () => {
  test('keep what was asked for and start once', async () => {
    const runtime = await makeRuntime();
    const config = sandboxConfig();
    const sandbox = await runtime.runSandbox(config);
    const wanted = containerConfig('sleep 1000');
    const id = await runtime.createContainer(sandbox.id, config, wanted);
    expect(await runtime.listContainers(config.pod.uid)).toEqual([
      expect.objectContaining({
        id,
        sandboxId: sandbox.id,
        pod: config.pod,
        state: 'created',
        meta: wanted.meta,
      }),
    ]);
    expect(await runtime.listContainers('another')).toEqual([]);
    await Promise.all([runtime.startContainer(id), runtime.startContainer(id)]);
    expect(await runtime.containerStatus(id)).toMatchObject({
      state: 'running',
      finishedAt: 0,
      imageName: 'busybox:1',
    });
    await expect(runtime.startContainer(id)).rejects.toMatchObject({ code: 'ERR_CONTAINER_START' });
    await expect(runtime.createContainer('x', config, wanted)).rejects.toMatchObject({
      code: 'ERR_RUNTIME_NOT_FOUND',
    });
  });

  test('tell their life as events', async () => {
    const runtime = await makeRuntime();
    const seen: RuntimeEvent[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of runtime.events(stop.signal)) seen.push(event);
    })();
    const id = await run(runtime, 'exit 0');
    const types = () => seen.filter(({ containerId }) => containerId === id).map(({ type }) => type);
    await eventually(() => types().includes('died'));
    await runtime.removeContainer(id);
    await eventually(() => types().includes('removed'));
    expect(types()).toEqual(['started', 'died', 'removed']);
    stop.abort();
    await watching;
  });

  test('run thirty at once', async () => {
    const runtime = await makeRuntime();
    const ids = await Promise.all(Array.from({ length: 30 }, () => run(runtime, 'exec sleep 1000')));
    const states = await Promise.all(ids.map(async (id) => (await runtime.containerStatus(id)).state));
    expect(new Set(states)).toEqual(new Set(['running']));
    await Promise.all(ids.map((id) => runtime.stopContainer(id, 5_000)));
    expect((await runtime.listContainers()).every(({ state }) => state === 'exited')).toBe(true);
  });
});

test('images are names only', async () => {
  const runtime = await makeRuntime();
  expect(await runtime.listImages()).toEqual([]);
  expect(await runtime.imageStatus('nginx:1')).toMatchObject({ id: 'nginx:1', tags: ['nginx:1'] });
  expect(await runtime.pullImage('nginx:1')).toMatchObject({ id: 'nginx:1' });
  await runtime.removeImage();
  expect((await runtime.imageFilesystem()).capacityBytes).toBeGreaterThan(0);
  expect(await runtime.version()).toMatchObject({ runtime: 'process://1.0' });
  expect(await runtime.status()).toEqual({ ready: true });
});

test('a closed runtime says so', async () => {
  const runtime = await makeRuntime();
  await runtime.listContainers();
  const next = runtime.events(new AbortController().signal)[Symbol.asyncIterator]().next();
  const ended = expect(next).rejects.toThrow('closed');
  await runtime.close();
  await runtime.close();
  await ended;
  await expect(runtime.listContainers()).rejects.toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE' });
});

test('a subscriber that falls behind is told to list again', async () => {
  const hub = new EventHub();
  const events = hub.subscribe(new AbortController().signal);
  for (let n = 0; n < 2000; n++) hub.publish({ type: 'died', podUid: 'p', containerId: String(n) });
  let got = 0;
  const reading = (async () => {
    for await (const _ of events) got++;
  })();
  await expect(reading).rejects.toThrow('list again');
  expect(got).toBe(1024);
});

describe('the process table', () => {
  const line = (pid: number, name: string, ppid: number, pgrp: number, session: number) =>
    `${pid} (${name}) S ${ppid} ${pgrp} ${session} 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 ${pid * 10} 0 0`;

  test('reads names with spaces and parentheses', () => {
    expect(parseStat(line(7, 'a) S 1 (b', 1, 7, 7))).toMatchObject({
      pid: 7,
      ppid: 1,
      pgrp: 7,
      cpuTicks: 10,
      startTicks: 70,
    });
    expect(parseStat('nonsense')).toBeUndefined();
  });

  test('counts session, group and descendants as members', () => {
    const all = [
      line(1, 'init', 0, 1, 1),
      line(10, 'm', 1, 10, 10),
      line(11, 'c', 10, 11, 11),
      line(12, 'g', 11, 11, 11),
    ];
    const orphan = line(13, 'o', 1, 10, 10);
    const found = membersOf(
      10,
      [...all, orphan].map((text) => parseStat(text)!),
    );
    expect(found.map(({ pid }) => pid)).toEqual([10, 11, 12, 13]);
  });
});
