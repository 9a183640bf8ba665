import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { metricsServer } from '../../support/metrics-server.js';
import { parseExposition } from '../../support/parse-exposition.js';
import { figuresRig } from './figures-rig.js';

const PATHS = ['/metrics/resource', '/metrics/cadvisor'];

test("a pod's figures are those of its cgroup, else the sum of its parts", async () => {
  const rig = figuresRig();
  const { sandboxId } = await rig.pod('a');
  const cpu = async () =>
    parseExposition(await rig.get('/metrics/resource')).get('pod_cpu_usage_seconds_total')!.series[0]!.value;
  expect(await cpu()).toBe(4);
  const pod = {
    cgroup: '/kubepods.slice/a.slice',
    cpuNanoseconds: 9_000_000_000n,
    memoryUsageBytes: 0,
    memoryWorkingSetBytes: 0,
    memoryRssBytes: 0,
    pids: 2,
  };
  rig.runtime.figures.set(sandboxId, { ...rig.runtime.figures.get(sandboxId), pod });
  await rig.clock.advance(1000);
  expect(await cpu()).toBe(9);
  const cadvisor = parseExposition(await rig.get('/metrics/cadvisor'));
  const series = cadvisor.get('container_cpu_usage_seconds_total')!.series;
  expect(
    series.map(({ labels: { container, id, pod: name }, value }) => ({ container, id, name, value })),
  ).toEqual([
    { container: '', id: '/', name: '', value: 0 },
    { container: '', id: '/kubepods.slice/a.slice', name: 'a', value: 9 },
    { container: 'c', id: '/kubepods/a-c', name: 'a', value: 3 },
  ]);
});

test('a pod nothing of which can be measured has no figures, rather than zeros from 1970', async () => {
  const rig = figuresRig();
  await rig.pod('a');
  rig.runtime.figures.clear();
  for (const path of PATHS) expect(await rig.get(path)).not.toContain('pod="a"');
  const { pods, node } = JSON.parse(await rig.get('/stats/summary'));
  expect(pods).toHaveLength(1);
  expect(pods[0]).toMatchObject({ podRef: { uid: 'a' }, containers: [] });
  expect(pods[0]).not.toHaveProperty('cpu');
  expect(node.systemContainers[0].cpu.usageCoreNanoSeconds).toBe(0);
  expect(JSON.stringify(pods)).not.toContain('1970-');
});

test('a pod that takes the place of one still ending: the newer has the series', async () => {
  const rig = figuresRig();
  await rig.pod('old', { name: 'web' });
  await rig.clock.advance(5000);
  const { id } = await rig.pod('new', { name: 'web' });
  rig.runtime.figures.set(id, { cpuNanoseconds: 7_000_000_000n, memoryWorkingSetBytes: 7 });
  // Throws for a series told twice.
  for (const path of PATHS) parseExposition(await rig.get(path));
  const { containers } = metricsServer(parseExposition(await rig.get('/metrics/resource')));
  expect([...containers]).toEqual([
    ['default/web/c', expect.objectContaining({ cpuNanoseconds: 7e9, memoryBytes: 7 })],
  ]);
  // These have uids, so both are told of.
  expect(JSON.parse(await rig.get('/stats/summary')).pods).toHaveLength(2);
});

test('an engine that is away is told, and the node still measured', async () => {
  const rig = figuresRig();
  await rig.pod('a');
  rig.runtime.down = true;
  const resource = parseExposition(await rig.get('/metrics/resource'));
  expect(resource.get('resource_scrape_error')!.series[0]!.value).toBe(1);
  expect(resource.get('node_memory_working_set_bytes')!.series).toHaveLength(1);
  const cadvisor = parseExposition(await rig.get('/metrics/cadvisor'));
  expect(cadvisor.get('container_scrape_error')!.series[0]!.value).toBe(1);
  expect(cadvisor.get('machine_cpu_cores')!.series[0]!.value).toBe(2);
  expect(JSON.parse(await rig.get('/stats/summary')).pods).toEqual([]);
});

test.each(['', '\n'])("/metrics joins edged's own to the agent's, which end in %j", async (end) => {
  const rig = figuresRig({
    agentMetrics: `# HELP agent_total Something.\n# TYPE agent_total counter\nagent_total 5${end}`,
  });
  await rig.pod('a');
  const all = parseExposition(await rig.get('/metrics'));
  expect(
    [...all].map(([name, { series }]) => [name, series.map(({ labels, value }) => ({ labels, value }))]),
  ).toEqual([
    ['agent_total', [{ labels: {}, value: 5 }]],
    ['kubelet_node_name', [{ labels: { node: 'edge-1' }, value: 1 }]],
    ['kubelet_running_pods', [{ labels: {}, value: 1 }]],
    ['kubelet_running_containers', [{ labels: { container_state: 'running' }, value: 1 }]],
  ]);
});

test('volumes are measured where they are: a driver mounts below their directory', async () => {
  const rootDirectory = await tempDir();
  const volumes = join(rootDirectory, 'pods', 'a', 'volumes');
  for (const path of ['kubernetes.io~csi/pv1/mount', 'kubernetes.io~empty-dir/scratch'])
    await mkdir(join(volumes, path), { recursive: true });
  await writeFile(join(volumes, 'kubernetes.io~csi/pv1/vol_data.json'), '{}');
  await writeFile(join(volumes, 'kubernetes.io~csi/pv1/mount/file'), Buffer.alloc(100_000));
  const rig = figuresRig({ rootDirectory });
  await rig.pod('a');
  const { volume } = JSON.parse(await rig.get('/stats/summary')).pods[0];
  volume.sort((one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name));
  expect(volume.map(({ name, inodesUsed }: Record<string, unknown>) => ({ name, inodesUsed }))).toEqual([
    { name: 'pv1', inodesUsed: 2 },
    { name: 'scratch', inodesUsed: 1 },
  ]);
  expect(volume[0].usedBytes).toBeGreaterThanOrEqual(100_000);
});
