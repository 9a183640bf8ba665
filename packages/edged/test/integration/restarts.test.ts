import { docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: restart policies', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ crashBackoff: { initialMs: 2000 } });
  });
  afterAll(() => fixture.close());

  const sh = (script: string) => ({ command: ['sh', '-c', script] });

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
    const pending = await edged.until(always, (now) => containerOf(now, 'i').restartCount > 0);
    expect(pending.phase).toBe('Pending');
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
