import { isDeepStrictEqual } from 'node:util';
import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeRuntime } from '../support/fake-runtime.js';
import { containerOf, Harness, type HarnessOptions, type PodObject, podObject } from '../support/harness.js';
import { ManualClock, settle } from '../support/manual-clock.js';

describe('the life of a pod, on an engine in memory', () => {
  let clock: ManualClock;
  let runtime: FakeRuntime;
  let directory: string;
  let edged: Harness;
  const c = { name: 'c', image: 'busybox:1' };

  const start = (options: Partial<HarnessOptions> = {}) => {
    edged = new Harness({
      runtime,
      clock,
      directory,
      random: () => 0,
      retryMs: 10_000,
      cgroupsPerQos: false,
      ...options,
    });
  };
  const phases = (pod: PodObject) => edged.reporter.statuses.get(pod.metadata.uid)?.map(({ phase }) => phase);
  const told = (pod: PodObject) => edged.reporter.terminated.get(pod.metadata.uid);
  const waiting = (pod: PodObject, name = 'c') => {
    const status = edged.status(pod);
    return status?.containerStatuses && containerOf(status, name).state.waiting;
  };
  const event = (reason: string) => edged.events.find((one) => one.reason === reason);
  /** Inserts a pod and waits until it runs. */
  const run = async (pod: PodObject) => {
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Running');
  };

  beforeEach(async () => {
    clock = new ManualClock();
    runtime = new FakeRuntime(clock);
    directory = await tempDir();
    start();
  });
  afterEach(async () => {
    await edged.stop();
  });

  test('from Pending to Running', async () => {
    const pod = podObject({ containers: [c] });
    await run(pod);
    expect(phases(pod)).toEqual(['Pending', 'Running']);
    expect(runtime.calls).toEqual(['sandbox 0', 'create c', 'start c']);
  });

  test('of two pods that want the same port the first one gets it', async () => {
    const ports = [{ containerPort: 80, hostPort: 8080 }];
    const [first, second] = ['first', 'second'].map((name) =>
      podObject({ containers: [{ ...c, ports }] }, { name }),
    ) as [PodObject, PodObject];
    await Promise.all([edged.insert(first), edged.insert(second)]);
    await clock.until(() => edged.status(first)?.phase === 'Running');
    expect(edged.status(second)).toMatchObject({ phase: 'Failed', reason: 'NodePorts' });
  });

  test('crash loop: the visible restart times of edged.md §4.3', async () => {
    const pod = podObject({ containers: [c] });
    await run(pod);
    const waits: number[] = [];
    const starts = () => runtime.calls.filter((call) => call === 'start c').length;
    for (let restart = 0; restart < 7; restart++) {
      const before = starts();
      const exitedAt = clock.now();
      runtime.exit('c', 1);
      await clock.until(() => starts() > before, 300_000);
      waits.push((clock.now() - exitedAt) / 1000);
      await clock.until(() => containerOf(edged.status(pod)!).restartCount === restart + 1);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300]);
    expect(edged.status(pod)).toMatchObject({ phase: 'Running' });
  });

  test('while held back, the status says why and keeps the last end', async () => {
    const pod = podObject({ containers: [c] });
    await run(pod);
    runtime.exit('c', 1);
    await clock.until(() => containerOf(edged.status(pod)!).restartCount === 1);
    runtime.exit('c', 2);
    await clock.until(() => waiting(pod));
    const { state, lastState, restartCount, ready } = containerOf(edged.status(pod)!);
    expect(state.waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: `back-off 10s restarting failed container=c pod=p_default(${pod.metadata.uid})`,
    });
    expect(lastState.terminated).toMatchObject({ exitCode: 2, reason: 'Error' });
    expect({ restartCount, ready }).toEqual({ restartCount: 1, ready: false });
    expect(edged.events.filter(({ reason }) => reason === 'BackOff')).toHaveLength(1);
  });

  test('no terminal status while a container still runs; exactly one; silence after the delete', async () => {
    const pod = podObject({ containers: [c, { ...c, name: 'd' }], terminationGracePeriodSeconds: 30 });
    await run(pod);
    runtime.stopDelayMs = 5000;
    await edged.terminate(pod, 30);
    await clock.until(() => runtime.calls.filter((call) => call.startsWith('stop')).length === 2);
    await clock.advance(4900);
    expect(told(pod)).toBeUndefined();
    expect(runtime.running()).toEqual(['c', 'd']);
    await clock.until(() => told(pod), 200);
    await edged.terminate(pod, 30);
    await settle();
    expect(told(pod)!.map(({ phase }) => phase)).toEqual(['Succeeded']);
    expect(phases(pod)).not.toContain('Succeeded');
    await edged.removeCompletely(pod);
    const count = edged.reporter.statuses.get(pod.metadata.uid)!.length;
    await clock.advance(200_000);
    expect(edged.reporter.statuses.get(pod.metadata.uid)).toHaveLength(count);
    expect(edged.reporter.late).toEqual([]);
    expect([runtime.containers.size, runtime.sandboxes.size]).toEqual([0, 0]);
  });

  test('a forced delete shortens a stop that is under way', async () => {
    const pod = podObject({ containers: [c], terminationGracePeriodSeconds: 600 });
    await run(pod);
    runtime.stopDelayMs = 1_000_000;
    await edged.terminate(pod, 600);
    await clock.until(() => runtime.calls.includes('stop c 600000'));
    const metadata = { ...pod.metadata, deletionGracePeriodSeconds: 0 };
    await edged.send('delete', 'default/pod/p', { metadata });
    await clock.until(() => edged.reporter.forgotten.includes(pod.metadata.uid), 2500);
    expect(runtime.calls.filter((call) => call.startsWith('stop'))).toEqual(['stop c 600000', 'stop c 2000']);
  });

  test('a deletion does not wait for a pull', async () => {
    runtime.pulling = new Promise(() => {});
    const pod = podObject({ containers: [{ ...c, image: 'slow:1' }] });
    await edged.insert(pod);
    await clock.until(() => runtime.calls.includes('pull slow:1'));
    await edged.terminate(pod);
    await clock.until(() => told(pod));
    expect(told(pod)).toMatchObject([{ phase: 'Failed' }]);
  });

  test('one image that cannot be pulled keeps no other container from running', async () => {
    const pod = podObject({ containers: [{ ...c, name: 'bad', image: 'nope:1' }, c] });
    await edged.insert(pod);
    const failed = { reason: 'ErrImagePull', message: 'manifest for nope:1 not found' };
    await clock.until(() =>
      edged.reporter.statuses
        .get(pod.metadata.uid)
        ?.some((status) => isDeepStrictEqual(containerOf(status, 'bad').state.waiting, failed)),
    );
    expect(runtime.running()).toEqual(['c']);
    await clock.until(() => waiting(pod, 'bad')?.reason === 'ImagePullBackOff', 9000);
    expect(waiting(pod, 'bad')?.message).toBe(
      'Back-off pulling image "nope:1": ErrImagePull: manifest for nope:1 not found',
    );
    runtime.images.add('nope:1');
    await clock.until(() => edged.status(pod)?.phase === 'Running', 20_000);
  });

  test.each([
    ['createContainer', 'CreateContainerError'],
    ['startContainer', 'RunContainerError'],
  ])('%s fails: %s, tried again', async (call, reason) => {
    runtime.failures.set(call, new Error('because'));
    const pod = podObject({ containers: [c] });
    await edged.insert(pod);
    await clock.until(() => waiting(pod)?.reason === reason);
    expect(waiting(pod)?.message).toBe('because');
    runtime.failures.clear();
    await clock.until(() => edged.status(pod)?.phase === 'Running', 25_000);
  });

  test('a sandbox that cannot be made is tried again with the next attempt', async () => {
    runtime.failures.set('runSandbox', new Error('port is already allocated'));
    const pod = podObject({ containers: [c] });
    await edged.insert(pod);
    await clock.until(() => event('FailedCreatePodSandBox'));
    expect(edged.status(pod)?.phase).toBe('Pending');
    runtime.failures.clear();
    await clock.until(() => edged.status(pod)?.phase === 'Running', 10_000);
    expect(runtime.calls.filter((one) => one.startsWith('sandbox'))).toEqual(['sandbox 0', 'sandbox 1']);
  });

  test('an object that cannot be read: nothing starts with an empty volume', async () => {
    edged.objects.failure = new Error('the cloud reported an error without a text');
    const volumes = [{ name: 'v', configMap: { name: 'cfg', optional: true } }];
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    const pod = podObject({ containers: [{ ...c, volumeMounts }], volumes });
    await edged.insert(pod);
    await clock.until(() => event('FailedMount'));
    expect(event('FailedMount')?.message).toBe(
      'MountVolume.SetUp failed for volume "v" : the cloud reported an error without a text',
    );
    await settle();
    expect(runtime.calls).toEqual([]);
    edged.objects.failure = undefined;
    await clock.until(() => runtime.running().includes('c'), 10_000);
  });

  test('the engine goes away: statuses are frozen, nothing is done; it comes back: what died restarts', async () => {
    const pod = podObject({ containers: [c] });
    await run(pod);
    const before = edged.status(pod);
    runtime.setDown(true);
    await clock.until(() => edged.edged.health().state === 'degraded', 15_000);
    await clock.advance(60_000);
    expect(edged.status(pod)).toEqual(before);
    Object.assign(runtime.find('c'), { state: 'exited', exitCode: 137, finishedAt: clock.now() });
    for (const sandbox of runtime.sandboxes.values()) sandbox.state = 'notReady';
    runtime.setDown(false);
    await clock.until(() => edged.status(pod)!.containerStatuses![0]!.restartCount === 1, 3000);
    expect(edged.edged.health()).toEqual({ state: 'ready' });
    expect(edged.status(pod)?.phase).toBe('Running');
    expect(runtime.calls.filter((one) => one.startsWith('sandbox'))).toEqual(['sandbox 0', 'sandbox 1']);
  });

  test('a deletion while the engine is away goes on when it is back', async () => {
    const pod = podObject({ containers: [c] });
    await run(pod);
    runtime.setDown(true);
    await edged.terminate(pod);
    await clock.advance(30_000);
    expect(told(pod)).toBeUndefined();
    runtime.setDown(false);
    await clock.until(() => told(pod), 15_000);
  });

  test('messages that are no pods harm nobody', async () => {
    const pod = podObject({ containers: [c] });
    await run(pod);
    await edged.send('update', 'default/pod/p', { metadata: { name: 'p' } });
    await edged.send('insert', 'default/pod/q', 'not JSON');
    await edged.send('insert', 'nonsense', {});
    await edged.send('delete', 'default/pod/unknown', null);
    const next = podObject({ containers: [c] }, { name: 'next' });
    await run(next);
    expect(runtime.running()).toEqual(['c', 'c']);
    expect(edged.edged.pods()).toHaveLength(2);
  });

  test('a call edged cannot carry out is refused at once, not left to its deadline (wire.md §6.1 D23)', async () => {
    const call = edged.request('createvolume', 'default/volume/v', '{"name":"v"}');
    await expect(call).rejects.toThrow('CSI driver csi-hostpath is not registered on this node');
    const unknown = edged.request('createsnapshot', 'default/volume/v', '{}');
    await expect(unknown).rejects.toThrow('edged of this node does not support createsnapshot volume');
  });

  test('an older object of the same pod changes nothing', async () => {
    const pod = podObject({ containers: [c] }, { resourceVersion: '10' });
    await run(pod);
    const labels = { old: 'yes' };
    await edged.update({ ...pod, metadata: { ...pod.metadata, resourceVersion: '9', labels } });
    await run(podObject({ containers: [c] }, { name: 'next' }));
    expect(edged.edged.pods()[0]?.pod.metadata.labels).toBeUndefined();
  });

  test('a pod of another node is ignored', async () => {
    await edged.insert(podObject({ containers: [c], nodeName: 'elsewhere' }));
    await run(podObject({ containers: [c] }, { name: 'next' }));
    expect(edged.edged.pods()).toHaveLength(1);
  });

  test('a deadline ends the pod as failed', async () => {
    const pod = podObject({ containers: [c], activeDeadlineSeconds: 30 });
    await run(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Failed', 31_000);
    expect(edged.status(pod)).toMatchObject({ reason: 'DeadlineExceeded' });
    expect(runtime.running()).toEqual([]);
  });

  test('preStop counts towards the grace period, sidecars stop last', async () => {
    const side = { ...c, name: 'side', restartPolicy: 'Always' };
    const lifecycle = { preStop: { exec: { command: ['bye'] } } };
    const containers = [{ ...c, lifecycle }];
    const pod = podObject({ containers, initContainers: [side], terminationGracePeriodSeconds: 30 });
    await run(pod);
    runtime.stopDelayMs = 4000;
    await edged.terminate(pod, 30);
    await clock.until(() => told(pod), 20_000);
    expect(runtime.calls.slice(-3)).toEqual(['exec c', 'stop c 30000', 'stop side 26000']);
  });

  test('a pod the cloud does not know any more is stopped', async () => {
    const pod = podObject({ containers: [c] });
    await run(pod);
    edged.reporter.source!.podGone(pod.metadata.uid);
    await clock.until(() => edged.reporter.forgotten.includes(pod.metadata.uid), 3000);
  });
});
