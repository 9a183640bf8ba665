import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupFiles, docker, eventually, netDev, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseEngineAddress } from '../../../src/docker/client/engine-address.js';
import { EngineClient } from '../../../src/docker/client/engine-client.js';
import { engineStats } from '../../../src/docker/stats/docker-stats.js';
import type { ContainerStats } from '../../../src/index.js';
import { containerConfig } from '../../configs.js';
import { dockerPods } from './pods.js';

const describeDocker = await withDocker();

const MIB = 2 ** 20;
/** Cgroup v1 counts memory in batches of 64 pages for each CPU: its own figures are no more exact than that. */
const FUZZ = 2 * MIB;

/** Holds 20 MiB of its own, 8 MiB of a file in the page cache; talks to its gateway; and keeps a CPU busy. */
const BUSY = `
  dd if=/dev/zero of=/file bs=1M count=8 conv=fsync 2>/dev/null
  (head -c 20971520 /dev/zero; sleep 1000) | tail -c 20971520 &
  ping -q -c 3 -i 0.2 -s 1000 $(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p') >/dev/null
  until [ "$(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$!/status)" -gt 20000 ]; do sleep 0.05; done
  echo ready
  while :; do :; done`;

describeDocker('figures of containers on Docker', () => {
  const pods = dockerPods();
  let client: EngineClient;
  let cgroupParent: string;
  let id: string;
  let sandboxId: string;
  let pid: string;
  let sandboxPid: string;

  beforeAll(async () => {
    client = new EngineClient({
      address: parseEngineAddress('/var/run/docker.sock'),
      requestTimeoutMs: 20_000,
    });
    const config = pods.sandboxConfig();
    cgroupParent = `/kubepods/burstable/pod${config.pod.uid}`;
    const started = await pods.start({ ...config, cgroupParent }, { command: ['sh', '-c', BUSY] });
    id = started.id;
    sandboxId = started.sandbox.id;
    await pods.runtime.startContainer(id);
    await eventually(async () => (await docker('logs', id)) === 'ready');
    const pidOf = (of: string) => docker('inspect', '-f', '{{.State.Pid}}', of);
    [pid, sandboxPid] = await Promise.all([pidOf(id), pidOf(sandboxId)]);
  });
  // After the pods are gone.
  afterAll(async () => {
    client.close();
    // The engine leaves it behind.
    for (const hierarchy of ['', ...(await readdir('/sys/fs/cgroup'))])
      await rmdir(join('/sys/fs/cgroup', hierarchy, cgroupParent)).catch(() => {});
  });

  test('lie between what the kernel says before and after', async () => {
    const before = await cgroupFiles(pid);
    const ours = await pods.runtime.stats(id);
    const after = await cgroupFiles(pid);
    expect(ours.cpuNanoseconds).toBeGreaterThanOrEqual(before.cpuNanoseconds);
    expect(ours.cpuNanoseconds).toBeLessThanOrEqual(after.cpuNanoseconds);
    // It burns a CPU all the time: an hour's, or a millisecond's, would be in the wrong unit.
    expect(Number(after.cpuNanoseconds) / 1e9).toBeGreaterThan(0.01);
    for (const [value, key] of [
      [ours.memoryUsageBytes, 'usageBytes'],
      [ours.memoryWorkingSetBytes, 'workingSetBytes'],
      [ours.memoryRssBytes, 'rssBytes'],
    ] as const) {
      expect(value).toBeGreaterThanOrEqual(Math.min(before[key], after[key]) - FUZZ);
      expect(value).toBeLessThanOrEqual(Math.max(before[key], after[key]) + FUZZ);
    }
  });

  test('are those of what runs inside', async () => {
    const ours = await pods.runtime.stats(id);
    expect(ours.memoryRssBytes).toBeGreaterThan(20 * MIB - FUZZ);
    expect(ours.memoryRssBytes).toBeLessThan(40 * MIB);
    // The file's pages are used, but not needed.
    expect(ours.memoryUsageBytes - ours.memoryWorkingSetBytes).toBeGreaterThan(8 * MIB - FUZZ);
    expect(ours.memoryCacheBytes).toBeGreaterThan(8 * MIB - FUZZ);
    expect(ours.memoryMaxUsageBytes ?? ours.memoryUsageBytes).toBeGreaterThanOrEqual(
      ours.memoryUsageBytes - FUZZ,
    );
    // The shell, what feeds tail, and tail.
    expect(ours.pids).toBeGreaterThanOrEqual(3);
    expect(ours.pageFaults).toBeGreaterThan(0);
  });

  test("lie between the engine's before and after", async () => {
    const before = await engineStats(client, id);
    const ours = await pods.runtime.stats(id);
    const after = await engineStats(client, id);
    expectCounters(ours, before, after);
    for (const key of [
      'memoryUsageBytes',
      'memoryWorkingSetBytes',
      'memoryRssBytes',
      'memoryCacheBytes',
    ] as const)
      expect(Math.abs(ours[key]! - after[key]!)).toBeLessThanOrEqual(FUZZ);
    expect(ours).not.toHaveProperty('networks');
  });

  test("of the network are the sandbox's", async () => {
    const before = await netDev(sandboxPid);
    const ours = await pods.runtime.stats(sandboxId);
    const after = await netDev(sandboxPid);
    expect(ours.networks?.map(({ name }) => name)).toEqual(Object.keys(after));
    for (const { name, rxBytes, txBytes, rxPackets, txPackets } of ours.networks!) {
      expect(
        [rxBytes, txBytes, rxPackets, txPackets].map((value, index) => value! >= before[name]![index]!),
      ).toEqual([true, true, true, true]);
      expect(
        [rxBytes, txBytes, rxPackets, txPackets].map((value, index) => value! <= after[name]![index]!),
      ).toEqual([true, true, true, true]);
    }
    const eth0 = ours.networks!.find(({ name }) => name === 'eth0')!;
    // Three pings of 1000 bytes with their heads.
    expect(eth0.txBytes).toBeGreaterThanOrEqual(3 * 1028);
    const engine = await engineStats(client, sandboxId);
    expect(engine.networks?.find(({ name }) => name === 'eth0')?.txBytes).toBeGreaterThanOrEqual(
      eth0.txBytes,
    );
  });

  test('of a pod hold all of its containers, and do not fall when one is replaced', async () => {
    const container = await pods.runtime.stats(id);
    const { pod, ...sandbox } = await pods.runtime.stats(sandboxId);
    expect(pod!.cpuNanoseconds).toBeGreaterThanOrEqual(container.cpuNanoseconds + sandbox.cpuNanoseconds);
    expect(pod!.memoryRssBytes).toBeGreaterThan(20 * MIB - FUZZ);
    expect(pod!.pids).toBeGreaterThanOrEqual(container.pids + sandbox.pids);
    await pods.runtime.stopContainer(id, 0);
    await pods.runtime.removeContainer(id);
    const later = await pods.runtime.stats(sandboxId);
    expect(later.pod!.cpuNanoseconds).toBeGreaterThanOrEqual(pod!.cpuNanoseconds);
    expect(later.pod!.memoryRssBytes).toBeLessThan(pod!.memoryRssBytes);
    await expect(pods.runtime.stats(id)).rejects.toMatchObject({ code: 'ERR_RUNTIME_NOT_FOUND' });
  });

  test("of a pod on the host's network leave the host's interfaces out", async () => {
    const { sandbox, id: other } = await pods.start(pods.sandboxConfig({ network: 'host' }), {
      ...containerConfig({}),
      image: 'edgecore-test/busybox:1',
      command: ['sleep', '1000'],
    });
    await pods.runtime.startContainer(other);
    for (const one of [sandbox.id, other])
      expect(await pods.runtime.stats(one)).not.toHaveProperty('networks');
    await pods.runtime.stopContainer(other, 0);
    await expect(pods.runtime.stats(other)).rejects.toMatchObject({ code: 'ERR_CONTAINER_NOT_RUNNING' });
  });
});

/** What only grows: ours is not smaller than a figure from before, nor larger than one from after. */
function expectCounters(ours: ContainerStats, before: ContainerStats, after: ContainerStats): void {
  for (const key of [
    'cpuNanoseconds',
    'cpuUserNanoseconds',
    'cpuSystemNanoseconds',
    'pageFaults',
    'majorPageFaults',
    'diskReadBytes',
    'diskWriteBytes',
  ] as const) {
    const [low, value, high] = [before, ours, after].map((stats) => Number(stats[key]));
    expect({ key, value, isBetween: low! <= value! && value! <= high! }).toEqual({
      key,
      value,
      isBetween: true,
    });
  }
}
