import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { cgroupFiles, eventually, netDev, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import type { Harness, PodObject } from '../support/harness.js';
import { metricsServer } from '../support/metrics-server.js';
import { type ParsedFamily, parseExposition } from '../support/parse-exposition.js';

const describeDocker = await withDocker();

const MIB = 2 ** 20;
/** Cgroup v1 counts memory in batches: its own figures are no more exact. */
const FUZZ = 2 * MIB;

/** Holds 16 MiB, keeps a CPU busy, and has written 3 MiB to its own disk, 2 MiB to a volume, 1 MiB to another in memory. */
const BUSY = `
  dd if=/dev/zero of=/file bs=1M count=3 conv=fsync 2>/dev/null
  dd if=/dev/zero of=/disk/file bs=1M count=2 conv=fsync 2>/dev/null
  dd if=/dev/zero of=/memory/file bs=1M count=1 2>/dev/null
  (head -c 16777216 /dev/zero; sleep 1000) | tail -c 16777216 &
  until [ "$(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$!/status)" -gt 16000 ]; do sleep 0.05; done
  echo ready
  while :; do :; done`;

describeDocker('figures of pods on Docker', () => {
  let fixture: DockerFixture;
  let edged: Harness;
  let pod: PodObject;
  let quiet: PodObject;
  let pid: string;
  let sandboxPid: string;

  const get = async (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { port: edged.edged.httpPort, path },
        (response) => void text(response).then(resolve, reject),
      );
      sent.on('error', reject).end();
    });
  const families = async (path: string) => parseExposition(await get(path));
  const of = (all: ReadonlyMap<string, ParsedFamily>, name: string, labels: Record<string, string>) => {
    const { series = [] } = all.get(name) ?? {};
    const found = series.filter((one) =>
      Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    );
    expect({ name, labels, found: found.length }).toEqual({ name, labels, found: 1 });
    return found[0]!;
  };

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ http: { port: 'any' }, nodeMemoryBytes: 4 * 2 ** 30 });
    pod = fixture.pod(
      {
        command: ['sh', '-c', BUSY],
        resources: { requests: { cpu: '250m' }, limits: { cpu: '900m', memory: '64Mi' } },
        volumeMounts: [
          { name: 'disk', mountPath: '/disk' },
          { name: 'memory', mountPath: '/memory' },
        ],
      },
      {
        volumes: [
          { name: 'disk', emptyDir: {} },
          { name: 'memory', emptyDir: { medium: 'Memory' } },
        ],
      },
    );
    quiet = fixture.pod();
    await edged.insert(pod);
    await edged.insert(quiet);
    for (const one of [pod, quiet])
      await edged.until(one, ({ phase }) => phase === 'Running', { timeoutMs: 40_000 });
    await eventually(async () => (await fixture.logs(pod)) === 'ready', { timeoutMs: 20_000 });
    await eventually(() => edged.edged.httpPort);
    const pidOf = async (container: string) => String((await fixture.inspect(pod, container)).State.Pid);
    [pid, sandboxPid] = await Promise.all([pidOf('c'), pidOf('POD')]);
  });
  afterAll(() => fixture.close());

  test("/metrics/cadvisor has cAdvisor's names, types and labels", async () => {
    const all = await families('/metrics/cadvisor');
    const types = Object.fromEntries([...all].map(([name, { type }]) => [name, type]));
    expect(types).toEqual(CADVISOR_TYPES);
    const keys = ['container', 'id', 'image', 'name', 'namespace', 'pod'];
    for (const [name, { series }] of all) {
      if (!name.startsWith('container_') || name === 'container_scrape_error') continue;
      const more = name.startsWith('container_network_')
        ? ['interface']
        : name === 'container_cpu_usage_seconds_total'
          ? ['cpu']
          : [];
      for (const { labels } of series) expect(Object.keys(labels).sort()).toEqual([...keys, ...more].sort());
    }
    const cgroup = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).match(/(?:memory|^0:):(\/.*)$/m)![1];
    const { name, namespace } = pod.metadata;
    expect(of(all, 'container_memory_rss', { container: 'c', pod: name }).labels).toEqual({
      container: 'c',
      id: cgroup,
      // As edged creates containers, and cAdvisor tells of Docker's.
      image: (await fixture.inspect(pod)).Image,
      name: fixture.containerName(pod),
      namespace,
      pod: name,
    });
    const own = { container: 'c', pod: name };
    expect(of(all, 'container_spec_cpu_shares', own).value).toBe(256);
    expect(of(all, 'container_spec_cpu_quota', own).value).toBe(90_000);
    expect(of(all, 'container_spec_cpu_period', own).value).toBe(100_000);
    expect(of(all, 'container_spec_memory_limit_bytes', own).value).toBe(64 * MIB);
    expect(
      of(all, 'container_spec_memory_limit_bytes', { container: 'c', pod: quiet.metadata.name }).value,
    ).toBe(0);
    expect(of(all, 'container_fs_usage_bytes', own).value).toBeGreaterThanOrEqual(3 * MIB);
    expect(of(all, 'container_scrape_error', {}).value).toBe(0);
  });

  test('/metrics/cadvisor and /metrics/resource lie between what the kernel says before and after', async () => {
    for (const path of ['/metrics/cadvisor', '/metrics/resource']) {
      await aSampleLater();
      const before = await cgroupFiles(pid);
      const started = Date.now();
      const all = await families(path);
      const after = await cgroupFiles(pid);
      const own = { container: 'c', pod: pod.metadata.name };
      const cpu = of(all, 'container_cpu_usage_seconds_total', own);
      // Seconds as a double: the last digits of the nanoseconds go.
      expect(cpu.value).toBeGreaterThanOrEqual(Number(before.cpuNanoseconds) / 1e9 - 1e-6);
      expect(cpu.value).toBeLessThanOrEqual(Number(after.cpuNanoseconds) / 1e9 + 1e-6);
      expect(cpu.time).toBeGreaterThanOrEqual(started);
      expect(cpu.time).toBeLessThanOrEqual(Date.now());
      const { value } = of(all, 'container_memory_working_set_bytes', own);
      expect(Math.abs(value - after.workingSetBytes)).toBeLessThanOrEqual(FUZZ);
    }
  });

  test('pods and the node have more than their parts', async () => {
    const { name: podName, namespace } = pod.metadata;
    const all = await families('/metrics/cadvisor');
    for (const name of ['container_cpu_usage_seconds_total', 'container_memory_rss']) {
      const container = of(all, name, { container: 'c', pod: podName }).value;
      const whole = of(all, name, { container: '', pod: podName, namespace }).value;
      const node = of(all, name, { id: '/' }).value;
      expect(whole).toBeGreaterThan(container);
      expect(node).toBeGreaterThan(whole);
    }
    const before = await netDev(sandboxPid);
    const { value, labels } = of(all, 'container_network_receive_bytes_total', {
      pod: podName,
      interface: 'eth0',
    });
    expect(labels['container']).toBe('');
    expect(value).toBeLessThanOrEqual(before['eth0']![0]!);
    expect(value).toBeGreaterThan(0);
  });

  test('metrics-server finds every running container in /metrics/resource, and the node', async () => {
    const all = await families('/metrics/resource');
    expect(Object.fromEntries([...all].map(([name, { type }]) => [name, type]))).toEqual(RESOURCE_TYPES);
    const { node, containers } = metricsServer(all);
    const key = ({ metadata }: PodObject) => `${metadata.namespace}/${metadata.name}/c`;
    expect([...containers.keys()].sort()).toEqual([key(pod), key(quiet)].sort());
    const point = containers.get(key(pod))!;
    const { StartedAt } = (await fixture.inspect(pod)).State;
    expect(Math.abs(point.startTime - Date.parse(StartedAt))).toBeLessThanOrEqual(1000);
    expect(node!.cpuNanoseconds).toBeGreaterThan(point.cpuNanoseconds);
    expect(node!.memoryBytes).toBeGreaterThan(point.memoryBytes);
    const pods = all.get('pod_cpu_usage_seconds_total')!.series;
    expect(pods.map(({ labels }) => labels['pod']).sort()).toEqual(
      [pod, quiet].map((one) => one.metadata.name).sort(),
    );
  });

  test("/stats/summary: the kernel's figures in a kubelet's shape", async () => {
    await aSampleLater();
    const first = await cgroupFiles(pid);
    const firstAt = Date.now();
    await get('/stats/summary');
    await aSampleLater();
    const summary = JSON.parse(await get('/stats/summary'));
    const last = await cgroupFiles(pid);
    const lastAt = Date.now();
    expect(summary.node).toMatchObject({
      nodeName: 'edge-1',
      startTime: TIME,
      cpu: { time: TIME, usageCoreNanoSeconds: NUMBER, usageNanoCores: NUMBER },
      memory: { time: TIME, availableBytes: NUMBER, ...MEMORY },
      network: { time: TIME, interfaces: expect.any(Array) },
      fs: FS,
      runtime: { imageFs: FS, containerFs: FS },
      rlimit: { time: TIME, maxpid: NUMBER, curproc: NUMBER },
      systemContainers: [
        { name: 'pods', startTime: TIME, cpu: { time: TIME }, memory: { time: TIME, ...MEMORY } },
      ],
    });
    const own = summary.pods.find((one: { podRef: { uid: string } }) => one.podRef.uid === pod.metadata.uid);
    const { name, namespace, uid } = pod.metadata;
    expect(own).toMatchObject({
      podRef: { name, namespace, uid },
      startTime: TIME,
      containers: [
        {
          name: 'c',
          startTime: TIME,
          cpu: { time: TIME, usageCoreNanoSeconds: NUMBER, usageNanoCores: NUMBER },
          memory: { time: TIME, ...MEMORY, availableBytes: NUMBER },
          rootfs: { time: TIME, ...ROOM, usedBytes: NUMBER },
          logs: { time: TIME, ...ROOM, usedBytes: NUMBER, inodesUsed: NUMBER },
        },
      ],
      cpu: { time: TIME, usageCoreNanoSeconds: NUMBER, usageNanoCores: NUMBER },
      memory: { time: TIME, ...MEMORY },
      network: { time: TIME, name: 'eth0', rxBytes: NUMBER, txBytes: NUMBER, rxErrors: 0, txErrors: 0 },
      'ephemeral-storage': { time: TIME, ...ROOM, usedBytes: NUMBER },
      process_stats: { process_count: NUMBER },
    });
    // Whole numbers only: Go reads these into integers.
    expect(JSON.stringify(summary)).not.toMatch(/[:,]-?\d+(\.|e)/);
    expect(JSON.stringify(summary)).not.toContain('null');
    const [container] = own.containers;
    expect(BigInt(container.cpu.usageCoreNanoSeconds)).toBeLessThanOrEqual(last.cpuNanoseconds);
    const average = (Number(last.cpuNanoseconds - first.cpuNanoseconds) * 1000) / (lastAt - firstAt);
    expect(container.cpu.usageNanoCores).toBeGreaterThan(average * 0.6);
    expect(container.cpu.usageNanoCores).toBeLessThan(average * 1.6);
    expect(container.memory.availableBytes + container.memory.workingSetBytes).toBe(64 * MIB);
    expect(container.rootfs.usedBytes).toBeGreaterThanOrEqual(3 * MIB);
    expect(container.rootfs.usedBytes).toBeLessThan(4 * MIB);
    const volumes = new Map(own.volume.map((one: { name: string }) => [one.name, one]));
    expect(volumes.get('disk')).toMatchObject({ time: TIME, ...ROOM, inodesUsed: 2 });
    expect(volumes.get('memory')).toMatchObject({ usedBytes: MIB, inodesUsed: 2 });
    // The volume in memory takes no disk.
    expect(own['ephemeral-storage'].usedBytes).toBeGreaterThanOrEqual(5 * MIB);
    expect(own['ephemeral-storage'].usedBytes).toBeLessThan(6 * MIB);
    expect(own.memory.rssBytes).toBeGreaterThan(16 * MIB - FUZZ);
  });

  /** Answers within a second share a sample. */
  const aSampleLater = () => new Promise((resolve) => setTimeout(resolve, 1050));
});

const NUMBER = expect.any(Number);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const MEMORY = {
  usageBytes: NUMBER,
  workingSetBytes: NUMBER,
  rssBytes: NUMBER,
  pageFaults: NUMBER,
  majorPageFaults: NUMBER,
};
const ROOM = { availableBytes: NUMBER, capacityBytes: NUMBER, inodesFree: NUMBER, inodes: NUMBER };
const FS = { time: TIME, ...ROOM, usedBytes: NUMBER, inodesUsed: NUMBER };

const RESOURCE_TYPES = {
  container_cpu_usage_seconds_total: 'counter',
  container_memory_working_set_bytes: 'gauge',
  container_start_time_seconds: 'gauge',
  node_cpu_usage_seconds_total: 'counter',
  node_memory_working_set_bytes: 'gauge',
  pod_cpu_usage_seconds_total: 'counter',
  pod_memory_working_set_bytes: 'gauge',
  resource_scrape_error: 'gauge',
  scrape_error: 'gauge',
};

const both = (name: string) =>
  ['receive', 'transmit'].map((direction) => [`container_network_${direction}_${name}_total`, 'counter']);

const CADVISOR_TYPES = {
  container_cpu_usage_seconds_total: 'counter',
  container_cpu_user_seconds_total: 'counter',
  container_cpu_system_seconds_total: 'counter',
  container_memory_usage_bytes: 'gauge',
  container_memory_working_set_bytes: 'gauge',
  container_memory_rss: 'gauge',
  container_memory_cache: 'gauge',
  container_memory_max_usage_bytes: 'gauge',
  container_fs_usage_bytes: 'gauge',
  container_fs_reads_bytes_total: 'counter',
  container_fs_writes_bytes_total: 'counter',
  container_spec_cpu_shares: 'gauge',
  container_spec_cpu_period: 'gauge',
  container_spec_cpu_quota: 'gauge',
  container_spec_memory_limit_bytes: 'gauge',
  container_start_time_seconds: 'gauge',
  container_last_seen: 'gauge',
  container_processes: 'gauge',
  container_scrape_error: 'gauge',
  machine_cpu_cores: 'gauge',
  machine_memory_bytes: 'gauge',
  ...Object.fromEntries(['bytes', 'packets', 'errors', 'packets_dropped'].flatMap(both)),
};
