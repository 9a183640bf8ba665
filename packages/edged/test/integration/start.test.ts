import { docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: starting containers', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start();
  });
  afterAll(() => fixture.close());

  test('#1 #2 #3 a minimal pod: running, ready, names and labels', async () => {
    const pod = fixture.pod({}, {}, { labels: { app: 'x' }, annotations: { a: 'b' } });
    await edged.insert(pod);
    const status = await edged.until(pod, ({ phase }) => phase === 'Running');
    expect(containerOf(status)).toMatchObject({ ready: true, started: true, restartCount: 0 });
    expect(containerOf(status).imageID).toMatch(/^docker:\/\/sha256:[0-9a-f]{64}$/);
    expect(containerOf(status).containerID).toMatch(/^docker:\/\/[0-9a-f]{64}$/);
    expect(status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
    expect(status.phase).toBe('Running');
    const { uid, namespace, name } = pod.metadata;
    const sandbox = await fixture.inspect(pod, 'POD');
    const container = await fixture.inspect(pod);
    expect([sandbox.State.Running, container.State.Running]).toEqual([true, true]);
    expect(`docker://${container.Id}`).toBe(containerOf(status).containerID);
    expect(sandbox.Name).toBe(`/k8s_POD_${name}_${namespace}_${uid}_0`);
    expect(container.Name).toBe(`/k8s_c_${name}_${namespace}_${uid}_0`);
    expect(sandbox.Config.Labels).toMatchObject({ app: 'x', 'annotation.a': 'b' });
    expect(Object.keys(container.Config.Labels).sort()).toEqual([
      'annotation.io.kubernetes.container.hash',
      'annotation.io.kubernetes.container.restartCount',
      'annotation.io.kubernetes.container.terminationMessagePath',
      'annotation.io.kubernetes.container.terminationMessagePolicy',
      'annotation.io.kubernetes.pod.terminationGracePeriod',
      'io.kubernetes.container.logpath',
      'io.kubernetes.container.name',
      'io.kubernetes.docker.type',
      'io.kubernetes.pod.name',
      'io.kubernetes.pod.namespace',
      'io.kubernetes.pod.uid',
      'io.kubernetes.sandbox.id',
    ]);
    expect(container.Config.Labels).toMatchObject({
      'io.kubernetes.sandbox.id': sandbox.Id,
      'io.kubernetes.docker.type': 'container',
    });
  });

  test('#4 #5 command replaces entry point and command of the image, args the command only', async () => {
    const image = await fixture.image(`edgecore-test/${fixture.namespace}:own`, [
      'ENTRYPOINT ["echo","entry"]',
      'CMD ["cmd"]',
    ]);
    const once = { restartPolicy: 'Never' } as const;
    const command = fixture.pod({ image, command: ['echo', 'hi'] }, once);
    const args = fixture.pod({ image, command: undefined, args: ['a'] }, once);
    for (const pod of [command, args]) await edged.insert(pod);
    for (const pod of [command, args]) await edged.until(pod, ({ phase }) => phase === 'Succeeded');
    const replaced = (await fixture.inspect(command)).Config;
    expect(replaced.Entrypoint).toEqual(['echo', 'hi']);
    expect(replaced.Cmd ?? []).toEqual([]);
    expect(await fixture.logs(command)).toBe('hi');
    const kept = (await fixture.inspect(args)).Config;
    expect(kept).toMatchObject({ Entrypoint: ['echo', 'entry'], Cmd: ['a'] });
    expect(await fixture.logs(args)).toBe('entry a');
  });

  test('#6 #7 expansion of variables, in the order of their declaration', async () => {
    const pod = fixture.pod(
      {
        env: [
          { name: 'C', value: '$(A)' },
          { name: 'A', value: 'x' },
          { name: 'B', value: '$(A)-$(NO)-$$(A)' },
        ],
        command: ['echo', '$(B) $(C)'],
      },
      { restartPolicy: 'Never' },
    );
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Succeeded');
    expect(await fixture.logs(pod)).toBe('x-$(NO)-$(A) $(A)');
    expect((await fixture.inspect(pod)).Config.Env).toContain('C=$(A)');
  });

  test('#8 #9 #56 working directory, terminal, one /dev/shm for all containers', async () => {
    const [container] = fixture.pod({ workingDir: '/tmp', stdin: true, stdinOnce: true, tty: true }).spec
      .containers;
    const pod = fixture.pod({}, { containers: [container!, { ...container!, name: 'other' }] });
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Running');
    const { Config } = await fixture.inspect(pod);
    expect(Config).toMatchObject({ WorkingDir: '/tmp', OpenStdin: true, StdinOnce: true, Tty: true });
    expect((await fixture.inspect(pod, 'POD')).HostConfig.ShmSize).toBe(67_108_864);
    expect(await fixture.exec(pod, 'df', '-k', '/dev/shm')).toMatch(/\b65536\b/);
    await fixture.exec(pod, 'touch', '/dev/shm/shared');
    expect(await docker('exec', fixture.containerName(pod, 'other'), 'ls', '/dev/shm')).toBe('shared');
  });

  test('#84 a missing executable is a RunContainerError with back-off', async () => {
    const pod = fixture.pod({ command: ['nope'] });
    await edged.insert(pod);
    const status = await edged.until(
      pod,
      (now) => containerOf(now).state.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(containerOf(status).lastState.terminated).toMatchObject({ reason: 'ContainerCannotRun' });
    expect([127, 128]).toContain(containerOf(status).lastState.terminated?.exitCode);
  });

  test('#94 a runtime class is not found, the pod stays pending', async () => {
    const pod = fixture.pod({}, { runtimeClassName: 'x' });
    await edged.insert(pod);
    await eventually(() =>
      edged.events.some(({ message }) => message.includes('RuntimeClass "x" not found')),
    );
    expect(edged.status(pod)?.phase).toBe('Pending');
  });
});
