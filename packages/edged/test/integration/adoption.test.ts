import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { goHash } from '@edgecore/container-runtime';
import type { PodStatus } from '@edgecore/edged';
import {
  BUSYBOX_IMAGE,
  docker,
  eventually,
  PAUSE_IMAGE,
  spawnTypeScript,
  withDocker,
} from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { FakeObjects } from '../support/fake-objects.js';
import { containerOf, type PodObject, running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: adoption after a restart', () => {
  let fixture: DockerFixture;

  beforeEach(async () => {
    fixture = await DockerFixture.create();
  });
  afterEach(() => fixture.close());

  /** The agent with the pods its database would hold. */
  async function restarted(pods: PodObject[], options = {}) {
    const edged = await fixture.start(options);
    for (const pod of pods) await edged.insert(pod);
    return edged;
  }

  test('#89 the agent is killed and started: same containers, and probes restart nothing', async () => {
    const probe = { exec: { command: ['sh', '-c', 'echo >>/tmp/probes'] }, periodSeconds: 1 };
    const pod = fixture.pod({ livenessProbe: { ...probe, failureThreshold: 1 }, readinessProbe: probe });
    const before = await ranUntilKilled(fixture, pod, (now) => containerOf(now).ready);
    const ids = async () => [(await fixture.inspect(pod, 'POD')).Id, (await fixture.inspect(pod)).Id];
    const [sandbox, container] = await ids();
    const probes = async () => Number(await fixture.exec(pod, 'sh', '-c', 'wc -l </tmp/probes'));
    const probedBefore = await probes();

    const edged = await fixture.start({ objects: storedPods([pod]) });
    const after = await edged.until(pod, running);
    await eventually(async () => (await probes()) > probedBefore + 2);
    expect(await ids()).toEqual([sandbox, container]);
    for (const status of edged.reporter.statuses.get(pod.metadata.uid) ?? []) {
      expect(containerOf(status)).toEqual(containerOf(before));
    }
    expect(after.startTime).toBe(before.startTime);
    expect(await fixture.containers()).toHaveLength(2);
  });

  test('#89 the agent restarts: same containers, same counts, still ready', async () => {
    const pod = fixture.pod({
      readinessProbe: { exec: { command: ['true'] }, periodSeconds: 60, initialDelaySeconds: 0 },
    });
    const first = await fixture.start();
    await first.insert(pod);
    const before = await first.until(pod, (now) => containerOf(now).ready);
    await first.stop();
    const second = await restarted([{ ...pod, status: before }]);
    const after = await second.until(pod, running);
    expect(containerOf(after)).toEqual(containerOf(before));
    expect(after.startTime).toBe(before.startTime);
    const transitions = (status: typeof after) => status.conditions.map((one) => one.lastTransitionTime);
    expect(transitions(after)).toEqual(transitions(before));
    expect(await fixture.containers()).toHaveLength(2);
  });

  test('what ended while the agent was down is restarted, what was deleted is removed', async () => {
    const kept = fixture.pod();
    const gone = fixture.pod();
    const first = await fixture.start();
    for (const pod of [kept, gone]) await first.insert(pod);
    for (const pod of [kept, gone]) await first.until(pod, running);
    await first.stop();
    await docker('kill', fixture.containerName(kept));
    const second = await fixture.start({ objects: storedPods([kept]) });
    const status = await second.until(
      kept,
      (now) => containerOf(now).restartCount === 1 && containerOf(now).ready,
    );
    expect(containerOf(status).lastState.terminated?.exitCode).toBe(137);
    await eventually(
      async () => !(await fixture.containers()).some((name) => name.includes(gone.metadata.uid)),
    );
  });

  test('after a loss of the database containers are kept until a message names them', async () => {
    const pod = fixture.pod();
    const other = fixture.pod();
    const first = await fixture.start();
    for (const one of [pod, other]) await first.insert(one);
    for (const one of [pod, other]) await first.until(one, running);
    await first.stop();
    const second = await fixture.start({ databaseRecreated: true, relistMs: 200 });
    await second.insert(other);
    await second.until(other, running);
    expect((await fixture.inspect(pod)).State.Running).toBe(true);
    await second.delete(pod);
    await eventually(
      async () => !(await fixture.containers()).some((name) => name.includes(pod.metadata.uid)),
    );
    expect((await fixture.inspect(other)).State.Running).toBe(true);
  });

  test('a stored pod that cannot be read keeps all unknown containers alive', async () => {
    const pod = fixture.pod();
    const first = await fixture.start();
    await first.insert(pod);
    await first.until(pod, running);
    await first.stop();
    const marker = fixture.pod();
    const objects = storedPods([marker]);
    objects.stored = { items: [...objects.stored.items, '{"metadata":{"name":"broken"'], errors: [] };
    const second = await fixture.start({ objects, relistMs: 100 });
    await second.until(marker, running);
    expect((await fixture.inspect(pod)).State.Running).toBe(true);
  });

  test.each([
    ['1.17 (whole container)', (container: object) => goHash(JSON.stringify(container))],
    ['1.32 (image and name)', () => goHash(`{"image":"${BUSYBOX_IMAGE}","name":"c"}`)],
  ])('containers of a Go edge are adopted: kubelet %s', async (_version, hash) => {
    const container = {
      name: 'c',
      image: BUSYBOX_IMAGE,
      command: ['sleep', '600'],
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: 'IfNotPresent',
    };
    const pod = fixture.pod({}, { containers: [container] });
    const id = await createAsGoEdge(fixture, pod, hash(container));
    const edged = await fixture.start({ objects: storedPods([pod]) });
    const status = await edged.until(pod, running);
    expect(containerOf(status).containerID).toBe(`docker://${id}`);
    expect(containerOf(status).restartCount).toBe(0);
    expect(await fixture.containers()).toHaveLength(2);
  });
});

/** Runs an agent in a process of its own until the status is as asked, and kills it; that status. */
async function ranUntilKilled(
  fixture: DockerFixture,
  pod: PodObject,
  check: (status: PodStatus) => boolean,
): Promise<PodStatus> {
  const file = new URL('../support/agent.ts', import.meta.url).href;
  const args = [fixture.directory, fixture.namespace, PAUSE_IMAGE, JSON.stringify(pod)];
  const agent = spawnTypeScript(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(agent, 'exit');
  try {
    for await (const line of createInterface({ input: agent.stdout! })) {
      const status = JSON.parse(line) as PodStatus;
      if (check(status)) return status;
    }
    throw new Error('the agent ended by itself');
  } finally {
    agent.kill('SIGKILL');
    await exited;
  }
}

function storedPods(pods: PodObject[]): FakeObjects {
  const objects = new FakeObjects();
  objects.stored = { items: pods.map((pod) => JSON.stringify(pod)), errors: [] };
  return objects;
}

/** Sandbox and container as dockershim makes them (edged.md §5, §6). */
async function createAsGoEdge(fixture: DockerFixture, pod: PodObject, hash: string): Promise<string> {
  const { name, namespace, uid } = pod.metadata;
  const labels = (type: string, container: string, more: Record<string, string> = {}) =>
    Object.entries({
      'io.kubernetes.pod.name': name,
      'io.kubernetes.pod.namespace': namespace,
      'io.kubernetes.pod.uid': uid,
      'io.kubernetes.container.name': container,
      'io.kubernetes.docker.type': type,
      ...more,
    }).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  const sandbox = await docker(
    'run',
    '-d',
    '--name',
    fixture.containerName(pod, 'POD'),
    ...labels('podsandbox', 'POD'),
    PAUSE_IMAGE,
  );
  return docker(
    'run',
    '-d',
    '--name',
    fixture.containerName(pod),
    '--network',
    `container:${sandbox}`,
    '--entrypoint',
    'sleep',
    ...labels('container', 'c', {
      'io.kubernetes.sandbox.id': sandbox,
      'annotation.io.kubernetes.container.hash': hash,
      'annotation.io.kubernetes.container.restartCount': '0',
      'annotation.io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
      'annotation.io.kubernetes.container.terminationMessagePolicy': 'File',
      'annotation.io.kubernetes.pod.terminationGracePeriod': '1',
    }),
    BUSYBOX_IMAGE,
    '600',
  );
}
