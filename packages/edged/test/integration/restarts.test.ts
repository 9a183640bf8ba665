import type { PodStatus } from '@edgecore/edged';
import { docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture, type DockerInspect } from '../support/docker-fixture.js';
import { containerOf, type Harness, type PodObject } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: restart policies', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ crashBackoff: { initialMs: 2000 }, deadContainers: 3 });
  });
  afterAll(() => fixture.close());

  const sh = (script: string) => ({ command: ['sh', '-c', script] });
  const ended = ({ State }: DockerInspect) => Date.parse(State.FinishedAt);

  /** Milliseconds between the end of an instance and the start of the next, `instance`. */
  async function pauseBefore(pod: PodObject, instance: number): Promise<number> {
    const next = await fixture.inspect(pod, 'c', instance);
    return Date.parse(next.State.StartedAt) - ended(await fixture.inspect(pod, 'c', instance - 1));
  }

  test('#60 Always: CrashLoopBackOff with growing delays, phase stays Running', async () => {
    const pod = fixture.pod(sh('exit 1'));
    await edged.insert(pod);
    const held = await edged.until(
      pod,
      (now) => containerOf(now).restartCount === 1 && containerOf(now).state.waiting !== undefined,
    );
    expect(held.phase).toBe('Running');
    expect(containerOf(held)).toMatchObject({
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 2s restarting failed container=c pod=${pod.metadata.name}_${fixture.namespace}(${pod.metadata.uid})`,
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    const again = await edged.until(
      pod,
      (now) => containerOf(now).restartCount === 2 && containerOf(now).state.waiting !== undefined,
    );
    expect(containerOf(again).state.waiting?.message).toMatch(/^back-off 4s /);
    const pause = await pauseBefore(pod, 2);
    expect(pause).toBeGreaterThanOrEqual(2000);
    expect(pause).toBeLessThan(4000);
  });

  test('#61 a container that ran long enough begins again without back-off', async () => {
    const own = await DockerFixture.create();
    try {
      const crashBackoff = { initialMs: 1000, maxMs: 2000 };
      const agent = await own.start({ crashBackoff });
      // Runs 0 and 1 crash at once, run 2 goes on for longer than twice the longest delay.
      const pod = own.pod(
        {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          ...sh('echo >>/v/runs; [ $(wc -l </v/runs) = 3 ] && sleep 4.5; exit 1'),
        },
        { volumes: [{ name: 'v', emptyDir: {} }] },
      );
      await agent.insert(pod);
      await agent.until(pod, (now) => containerOf(now).restartCount === 2, { timeoutMs: 20_000 });
      const heldAt = (count: number) => (now: PodStatus) =>
        containerOf(now).restartCount === count && containerOf(now).state.waiting !== undefined;
      const status = await agent.until(pod, heldAt(3), { timeoutMs: 20_000 });
      expect(containerOf(status).state.waiting?.message).toMatch(/^back-off 1s /);
      const told = agent.reporter.statuses.get(pod.metadata.uid) ?? [];
      expect(told.filter(heldAt(1))).not.toEqual([]);
      expect(told.filter(heldAt(2))).toEqual([]);
    } finally {
      await own.close();
    }
  });

  test('#62 OnFailure: exit 0 succeeds, exit 1 is restarted', async () => {
    const good = fixture.pod(sh('exit 0'), { restartPolicy: 'OnFailure' });
    const bad = fixture.pod(sh('exit 1'), { restartPolicy: 'OnFailure' });
    await edged.insert(good);
    await edged.insert(bad);
    const status = await edged.until(good, ({ phase }) => phase === 'Succeeded');
    expect(containerOf(status).restartCount).toBe(0);
    expect(status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
    await edged.until(bad, (now) => containerOf(now).restartCount > 0);
  });

  test('#63 Never: one run, Failed, and only when everything has stopped', async () => {
    const pod = fixture.pod(sh('exit 3'), { restartPolicy: 'Never' });
    await edged.insert(pod);
    const status = await edged.until(pod, ({ phase }) => phase === 'Failed');
    expect(containerOf(status)).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 3, reason: 'Error' } },
    });
    expect(status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ reason: 'PodFailed' });
    expect((await fixture.inspect(pod, 'POD')).State.Running).toBe(false);
    expect(
      (await fixture.containers()).filter((name) => name.includes(`k8s_c_${pod.metadata.name}_`)),
    ).toHaveLength(1);
  });

  test('#64 one of two is done: the other goes on', async () => {
    const container = fixture.pod().spec.containers[0]!;
    const pod = fixture.pod(
      {},
      {
        restartPolicy: 'OnFailure',
        containers: [
          { ...container, name: 'short', ...sh('exit 0') },
          { ...container, name: 'long', ...sh('while [ ! -e /tmp/end ]; do sleep 0.1; done') },
        ],
      },
    );
    await edged.insert(pod);
    const status = await edged.until(pod, (now) => containerOf(now, 'short').state.terminated !== undefined);
    expect(status.phase).toBe('Running');
    await docker('exec', fixture.containerName(pod, 'long'), 'touch', '/tmp/end');
    const end = await edged.until(pod, ({ phase }) => phase === 'Succeeded');
    expect(containerOf(end, 'short').restartCount).toBe(0);
  });

  test('#65 init containers one after the other, then the apps', async () => {
    const container = fixture.pod().spec.containers[0]!;
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    const pod = fixture.pod(
      {},
      {
        volumes: [{ name: 'v', emptyDir: {} }],
        initContainers: [
          { ...container, name: 'one', volumeMounts, ...sh('sleep 0.5; echo one >>/v/order') },
          { ...container, name: 'two', volumeMounts, ...sh('echo two >>/v/order') },
        ],
        containers: [{ ...container, volumeMounts, ...sh('echo app >>/v/order; sleep 600') }],
      },
    );
    await edged.insert(pod);
    const first = await edged.until(pod, (now) => containerOf(now, 'one').state.running !== undefined);
    expect(containerOf(first).state.waiting?.reason).toBe('PodInitializing');
    expect(containerOf(first, 'two').state.waiting?.reason).toBe('PodInitializing');
    expect(first.phase).toBe('Pending');
    expect(first.conditions.find(({ type }) => type === 'Initialized')).toMatchObject({
      status: 'False',
      message: 'containers with incomplete status: [one two]',
    });
    const status = await edged.until(pod, ({ phase }) => phase === 'Running');
    await eventually(async () => (await fixture.exec(pod, 'cat', '/v/order')) === 'one\ntwo\napp');
    expect(status.conditions.find(({ type }) => type === 'Initialized')).toMatchObject({ status: 'True' });
  });

  test('#66 a failing init container: back-off, or the end of the pod', async () => {
    const container = fixture.pod().spec.containers[0]!;
    const initContainers = [{ ...container, name: 'i', ...sh('exit 1') }];
    const always = fixture.pod({}, { initContainers });
    const never = fixture.pod({}, { initContainers, restartPolicy: 'Never' });
    await edged.insert(always);
    await edged.insert(never);
    const failed = await edged.until(never, ({ phase }) => phase === 'Failed');
    expect(containerOf(failed, 'i').state.terminated).toMatchObject({ exitCode: 1 });
    const pending = await edged.until(
      always,
      (now) => containerOf(now, 'i').restartCount > 0 && containerOf(now, 'i').state.waiting !== undefined,
    );
    expect(pending.phase).toBe('Pending');
    expect(containerOf(pending, 'i').state.waiting).toMatchObject({
      reason: 'CrashLoopBackOff',
      message: expect.stringMatching(/^back-off 2s restarting failed container=i /),
    });
    expect((await fixture.containers()).filter((name) => name.startsWith('k8s_c_'))).not.toContain(
      fixture.containerName(always),
    );
  });

  test('#67 a sidecar runs beside the apps and does not keep a job from completing', async () => {
    const container = fixture.pod().spec.containers[0]!;
    const pod = fixture.pod(
      {},
      {
        restartPolicy: 'Never',
        volumes: [{ name: 'v', emptyDir: {} }],
        initContainers: [
          {
            ...container,
            name: 'side',
            restartPolicy: 'Always',
            ...sh('trap "exit 0" TERM; while :; do sleep 0.1; done'),
          },
        ],
        containers: [
          {
            ...container,
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
            ...sh('while [ ! -e /v/end ]; do sleep 0.1; done'),
          },
        ],
      },
    );
    await edged.insert(pod);
    const status = await edged.until(pod, ({ phase }) => phase === 'Running');
    expect(containerOf(status, 'side')).toMatchObject({ started: true, ready: true });
    await docker('kill', fixture.containerName(pod, 'side'));
    await edged.until(
      pod,
      (now) => containerOf(now, 'side').restartCount === 1 && containerOf(now, 'side').ready,
    );
    await fixture.exec(pod, 'touch', '/v/end');
    const end = await edged.until(pod, ({ phase }) => phase === 'Succeeded');
    expect(containerOf(end).state.terminated).toMatchObject({ exitCode: 0 });
    const side = await fixture.inspect(pod, 'side', 1);
    expect(ended(side)).toBeGreaterThan(ended(await fixture.inspect(pod)));
  });

  test('#67 sidecars are stopped after the apps', async () => {
    const container = fixture.pod().spec.containers[0]!;
    const until = (script: string) => sh(`trap "${script}" TERM; echo up; while :; do sleep 0.1; done`);
    const pod = fixture.pod(until('sleep 1; exit 0'), {
      terminationGracePeriodSeconds: 10,
      initContainers: [{ ...container, name: 'side', restartPolicy: 'Always', ...until('exit 0') }],
    });
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Running');
    await eventually(async () => (await fixture.logs(pod)) === 'up');
    await edged.terminate(pod);
    await eventually(() => edged.reporter.terminated.get(pod.metadata.uid));
    const [app, side] = [await fixture.inspect(pod), await fixture.inspect(pod, 'side')];
    expect([app.State.ExitCode, side.State.ExitCode]).toEqual([0, 0]);
    expect(ended(side)).toBeGreaterThan(ended(app));
  });

  test('#68 an ephemeral container is started once', async () => {
    const pod = fixture.pod();
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Running');
    const debug = { ...pod.spec.containers[0]!, name: 'debug', ...sh('exit 0') };
    await edged.update({ ...pod, spec: { ...pod.spec, ephemeralContainers: [debug] } });
    const status = await edged.until(
      pod,
      (now) => now.ephemeralContainerStatuses?.[0]?.state.terminated !== undefined,
    );
    expect(status.ephemeralContainerStatuses).toMatchObject([{ name: 'debug', restartCount: 0 }]);
    expect(containerOf(status).restartCount).toBe(0);
  });
});
