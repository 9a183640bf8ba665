import { eventually, PAUSE_IMAGE, withDocker } from '@edgecore/testing';
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
    const { uid, namespace, name } = pod.metadata;
    const sandbox = await fixture.inspect(pod, 'POD');
    const container = await fixture.inspect(pod);
    expect(sandbox.Name).toBe(`/k8s_POD_${name}_${namespace}_${uid}_0`);
    expect(container.Name).toBe(`/k8s_c_${name}_${namespace}_${uid}_0`);
    expect(sandbox.Config.Labels).toMatchObject({ app: 'x', 'annotation.a': 'b' });
    expect(
      Object.keys(container.Config.Labels).filter((key) => !/^(annotation\.)?io\.kubernetes\./.test(key)),
    ).toEqual([]);
  });

  test('#4 command replaces entry point and command of the image', async () => {
    const pod = fixture.pod({ command: ['echo', 'hi'] }, { restartPolicy: 'Never' });
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Succeeded');
    const { Config } = await fixture.inspect(pod);
    expect(Config.Entrypoint).toEqual(['echo', 'hi']);
    expect(Config.Cmd ?? []).toEqual([]);
    expect(await fixture.logs(pod)).toBe('hi');
  });

  test('#5 args alone keep the entry point of the image', async () => {
    const pod = fixture.pod({ image: PAUSE_IMAGE, command: undefined, args: ['a'] });
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Running');
    const { Config } = await fixture.inspect(pod);
    expect(Config.Cmd).toEqual(['a']);
    expect(Config.Entrypoint?.[0]).toBe('/bin/sh');
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

  test('#8 #9 #56 working directory, terminal, /dev/shm', async () => {
    const pod = fixture.pod({ workingDir: '/tmp', stdin: true, stdinOnce: true, tty: true });
    await edged.insert(pod);
    await edged.until(pod, ({ phase }) => phase === 'Running');
    const { Config } = await fixture.inspect(pod);
    expect(Config).toMatchObject({ WorkingDir: '/tmp', OpenStdin: true, StdinOnce: true, Tty: true });
    expect((await fixture.inspect(pod, 'POD')).HostConfig.ShmSize).toBe(67_108_864);
    expect(await fixture.exec(pod, 'df', '-k', '/dev/shm')).toMatch(/\b65536\b/);
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
