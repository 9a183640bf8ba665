import { type NodeEvent, NodePressure } from '@edgecore/edged';
import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHost } from '../support/fake-host.js';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness, type PodObject, podObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

const MIB = 2 ** 20;

describe('a node short of memory, on an engine in memory', () => {
  let clock: ManualClock;
  let runtime: FakeRuntime;
  let host: FakeHost;
  let edged: Harness;
  let pressure: NodePressure;
  let nodeEvents: NodeEvent[];

  const available = (mebibytes: number) =>
    host.files.set('/proc/meminfo', `MemTotal: ${1024 * 1024} kB\nMemAvailable: ${mebibytes * 1024} kB`);
  const phase = (pod: PodObject) => edged.status(pod)?.phase;

  beforeEach(async () => {
    clock = new ManualClock();
    runtime = new FakeRuntime(clock);
    host = new FakeHost();
    available(1000);
    const directory = await tempDir();
    pressure = new NodePressure({
      thresholds: {
        hard: { 'memory.available': '100Mi' },
        soft: { 'memory.available': '200Mi' },
        softGraceMs: { 'memory.available': 60_000 },
      },
      rootDirectory: directory,
      host,
      clock,
    });
    nodeEvents = [];
    edged = new Harness({
      runtime,
      clock,
      directory,
      random: () => 0,
      cgroupsPerQos: false,
      eviction: { pressure, maxPodGraceMs: 60_000 },
      onNodeEvent: (event) => nodeEvents.push(event),
    });
  });
  afterEach(() => edged.stop());

  /** A running pod whose one container uses so much memory. */
  async function run(name: string, usedMiB: number, spec: Partial<PodObject['spec']> = {}) {
    runtime.memoryUse.set(name, usedMiB * MIB);
    const pod = podObject(
      { containers: [{ name, image: 'busybox:1' }], terminationGracePeriodSeconds: 30, ...spec },
      { name },
    );
    await edged.insert(pod);
    await clock.until(() => phase(pod) === 'Running', 1000);
    return pod;
  }

  test('one pod at a time until there is enough, killed without grace', async () => {
    runtime.stopDelayMs = 60_000;
    const small = await run('small', 10);
    const large = await run('large', 300);
    const larger = await run('larger', 400);
    const important = await run('important', 900, { priority: 5 });
    available(50);
    await clock.until(() => phase(larger) === 'Failed', 15_000);
    expect(edged.status(larger)).toMatchObject({
      reason: 'Evicted',
      message:
        'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container larger was using 400Mi, request is 0, has larger consumption of memory.',
    });
    // The least time there is between TERM and KILL.
    expect(runtime.calls).toContain('stop larger 2000');
    await clock.until(() => phase(large) === 'Failed', 15_000);
    available(500);
    await clock.advance(60_000);
    expect([small, important].map(phase)).toEqual(['Running', 'Running']);
    expect(nodeEvents.map(({ reason }) => reason)).toEqual(['EvictionThresholdMet']);
  });

  test('a soft threshold waits for its grace period and leaves time to end', async () => {
    const pod = await run('patient', 300, { terminationGracePeriodSeconds: 7 });
    available(150);
    await clock.advance(59_000);
    expect([...pressure.conditions]).toEqual(['MemoryPressure']);
    expect(phase(pod)).toBe('Running');
    await clock.until(() => phase(pod) === 'Failed', 20_000);
    expect(runtime.calls).toContain('stop patient 7000');
  });

  test('nobody else is evicted while a victim uses the grace period it was given', async () => {
    runtime.stopDelayMs = 50_000;
    const first = await run('first', 400, { terminationGracePeriodSeconds: 100 });
    const second = await run('second', 300);
    available(150);
    await clock.until(() => runtime.calls.includes('stop first 60000'), 80_000);
    runtime.memoryUse.set('second', 500 * MIB);
    await clock.advance(45_000);
    expect([first, second].map(phase)).toEqual(['Running', 'Running']);
    expect(runtime.calls.filter((call) => call.startsWith('stop'))).toEqual(['stop first 60000']);
    await clock.until(() => phase(first) === 'Failed', 15_000);
  });

  test('static and critical pods stay, and nothing happens over and over', async () => {
    const critical = await run('critical', 900, { priority: 2_000_000_000 });
    available(10);
    await clock.advance(100_000);
    expect(phase(critical)).toBe('Running');
    expect(nodeEvents).toHaveLength(1);
  });

  test('a pod that waits for its image is not waited for', async () => {
    runtime.pulling = new Promise(() => {});
    const pod = podObject({ containers: [{ name: 'c', image: 'elsewhere:1' }] }, { name: 'waiting' });
    await edged.insert(pod);
    await clock.until(() => runtime.calls.includes('pull elsewhere:1'), 1000);
    available(10);
    await clock.until(() => phase(pod) === 'Failed', 15_000);
    expect(edged.status(pod)?.reason).toBe('Evicted');
    await clock.advance(120_000);
    expect(runtime.running()).toEqual([]);
  });

  test('an evicted pod is over: it is neither started again nor evicted again', async () => {
    const pod = await run('once', 300);
    available(10);
    await clock.until(() => phase(pod) === 'Failed', 15_000);
    await edged.update({ ...pod, metadata: { ...pod.metadata, labels: { touched: 'yes' } } });
    await clock.advance(200_000);
    expect(phase(pod)).toBe('Failed');
    expect(runtime.calls.filter((call) => call === 'start once')).toHaveLength(1);
    expect(edged.events.filter(({ reason }) => reason === 'Evicted')).toHaveLength(1);
  });
});
