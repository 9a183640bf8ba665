import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUSYBOX_IMAGE, docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness, type PodObject, running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: the end of pods', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ relistMs: 1000 });
  });
  afterAll(() => fixture.close());

  const stubborn = { command: ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'] };
  const leftovers = async ({ metadata }: PodObject) => [
    ...(await fixture.containers()).filter((name) => name.includes(metadata.uid)),
    ...(await fixture.mounts()).filter((path) => path.includes(metadata.uid)),
    ...['root/pods', 'logs', 'container-logs'].flatMap((directory) =>
      readdirSync(join(fixture.directory, directory)).filter(
        (entry) => entry.includes(metadata.uid) || entry.startsWith(`${metadata.name}_`),
      ),
    ),
  ];

  test('#86 deletion: everything stops, then the terminal status, then the delete cleans up', async () => {
    edged.objects.secret('s', { a: 'b' }, fixture.namespace);
    const pod = fixture.pod(
      { ...stubborn, volumeMounts: [{ name: 's', mountPath: '/s' }] },
      { terminationGracePeriodSeconds: 2, volumes: [{ name: 's', secret: { secretName: 's' } }] },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    await edged.terminate(pod);
    const [status] = await eventually(() => edged.reporter.terminated.get(pod.metadata.uid));
    expect(status).toMatchObject({ phase: 'Failed' });
    expect(containerOf(status!).state.terminated).toMatchObject({ exitCode: 137 });
    expect((await fixture.inspect(pod)).State.Running).toBe(false);
    expect((await fixture.inspect(pod, 'POD')).State.Running).toBe(false);
    expect((await fixture.mounts()).filter((path) => path.includes(pod.metadata.uid))).toEqual([]);
    for (const earlier of edged.reporter.statuses.get(pod.metadata.uid)!) {
      expect(['Pending', 'Running']).toContain(earlier.phase);
    }
    await edged.removeCompletely(pod);
    expect(await leftovers(pod)).toEqual([]);
    expect(edged.edged.pods().map((one) => one.pod.metadata.uid)).not.toContain(pod.metadata.uid);
    expect(edged.reporter.late).toEqual([]);
  });

  test('a pod that obeys TERM ends at once and counts as succeeded', async () => {
    const pod = fixture.pod(
      { command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'] },
      { terminationGracePeriodSeconds: 30 },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    await edged.terminate(pod);
    const [status] = await eventually(() => edged.reporter.terminated.get(pod.metadata.uid));
    expect(status).toMatchObject({ phase: 'Succeeded' });
  });

  test('#81 a grace period of 1 s still gives 2 s', async () => {
    const pod = fixture.pod(stubborn, { terminationGracePeriodSeconds: 1 });
    await edged.insert(pod);
    await edged.until(pod, running);
    await eventually(async () => (await fixture.logs(pod)) === 'up');
    const start = Date.now();
    await edged.terminate(pod);
    await eventually(() => edged.reporter.terminated.get(pod.metadata.uid));
    expect(Date.now() - start).toBeGreaterThanOrEqual(1900);
    const { ExitCode, FinishedAt } = (await fixture.inspect(pod)).State;
    expect(ExitCode).toBe(137);
    expect(Date.parse(FinishedAt) - start).toBeGreaterThanOrEqual(1900);
  });

  test('#80 preStop comes first and counts towards the grace period', async () => {
    const pod = fixture.pod(
      {
        command: ['sh', '-c', 'trap "echo TERM >>/h/f" TERM; echo up; while :; do sleep 0.1; done'],
        lifecycle: {
          preStop: { exec: { command: ['sh', '-c', 'echo hook >>/h/f; sleep 1; echo hooked >>/h/f'] } },
        },
        volumeMounts: [{ name: 'h', mountPath: '/h' }],
      },
      {
        terminationGracePeriodSeconds: 4,
        volumes: [
          { name: 'h', hostPath: { path: join(fixture.directory, 'hook'), type: 'DirectoryOrCreate' } },
        ],
      },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    await eventually(async () => (await fixture.logs(pod)) === 'up');
    const start = Date.now();
    await edged.terminate(pod);
    await eventually(() => edged.reporter.terminated.get(pod.metadata.uid));
    const { State } = await fixture.inspect(pod);
    const took = Date.parse(State.FinishedAt) - start;
    expect(State.ExitCode).toBe(137);
    expect(took).toBeGreaterThanOrEqual(3800);
    expect(took).toBeLessThan(8000);
    expect(readFileSync(join(fixture.directory, 'hook/f'), 'utf8')).toBe('hook\nhooked\nTERM\n');
  });

  test('#87 a delete with an empty spec stops the pod with its own grace period', async () => {
    const pod = fixture.pod(stubborn, { terminationGracePeriodSeconds: 3 });
    await edged.insert(pod);
    await edged.until(pod, running);
    await eventually(async () => (await fixture.logs(pod)) === 'up');
    const start = Date.now();
    await edged.removeCompletely(pod);
    expect(Date.now() - start).toBeGreaterThanOrEqual(2900);
    expect(await leftovers(pod)).toEqual([]);
    expect(edged.reporter.terminated.has(pod.metadata.uid)).toBe(false);
  });

  test('#88 the same name again: the old uid goes completely before the new one starts', async () => {
    const old = fixture.pod({ ...stubborn });
    await edged.insert(old);
    await edged.until(old, running);
    const next = fixture.pod({}, {}, { name: old.metadata.name });
    await edged.delete(old);
    await edged.insert(next);
    await edged.until(next, running);
    expect(edged.reporter.forgotten).toContain(old.metadata.uid);
    expect(edged.reporter.late).toEqual([]);
    expect(await leftovers(old)).toEqual([
      `${old.metadata.name}_${fixture.namespace}_c-${(await fixture.inspect(next)).Id}.log`,
    ]);
  });

  test('#92 a container removed by hand comes back with a higher restart count', async () => {
    const pod = fixture.pod();
    await edged.insert(pod);
    await edged.until(pod, running);
    await docker('rm', '-f', fixture.containerName(pod));
    const status = await edged.until(
      pod,
      (now) => containerOf(now).restartCount === 1 && containerOf(now).ready,
    );
    expect(status.phase).toBe('Running');
  });

  test('the log link of a container removed by hand goes with its pod', async () => {
    const pod = fixture.pod();
    const other = fixture.pod();
    for (const one of [pod, other]) await edged.insert(one);
    for (const one of [pod, other]) await edged.until(one, running);
    const links = () => readdirSync(join(fixture.directory, 'container-logs'));
    const { Id } = await fixture.inspect(pod);
    const kept = `${other.metadata.name}_${fixture.namespace}_c-${(await fixture.inspect(other)).Id}.log`;
    await docker('rm', '-f', fixture.containerName(pod));
    await edged.until(pod, (now) => containerOf(now).restartCount === 1 && containerOf(now).ready);
    expect(links().some((name) => name.endsWith(`-${Id}.log`))).toBe(true);
    await edged.removeCompletely(pod);
    await eventually(async () => (await leftovers(pod)).length === 0, { timeoutMs: 15_000 });
    expect(links()).toContain(kept);
  });

  test('#91 a sandbox removed by hand: everything is created anew, init containers run again', async () => {
    const container = fixture.pod().spec.containers[0]!;
    const pod = fixture.pod({}, { initContainers: [{ ...container, name: 'i', command: ['true'] }] });
    await edged.insert(pod);
    const before = await edged.until(pod, running);
    await docker('rm', '-f', fixture.containerName(pod, 'POD'));
    const after = await edged.until(
      pod,
      (now) => containerOf(now).ready && containerOf(now).containerID !== containerOf(before).containerID,
      { timeoutMs: 20_000 },
    );
    expect(containerOf(after, 'i').containerID).not.toBe(containerOf(before, 'i').containerID);
  });

  test('#93 a foreign container is never touched', async () => {
    const id = await docker(
      'run',
      '-d',
      '--label',
      `edgecore.test=${fixture.namespace}`,
      BUSYBOX_IMAGE,
      'sleep',
      '60',
    );
    try {
      const pod = fixture.pod();
      await edged.insert(pod);
      await edged.until(pod, running);
      await edged.removeCompletely(pod);
      expect(await docker('inspect', '-f', '{{.State.Running}}', id)).toBe('true');
      expect(edged.edged.pods().map((one) => one.pod.metadata.uid)).not.toContain('');
    } finally {
      await docker('rm', '-f', id);
    }
  });
});
