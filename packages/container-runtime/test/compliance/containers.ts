import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { ContainerMeta } from '../../src/index.js';
import { codeOf, type Fixture, text } from './fixture.js';

export function containerTests(fixture: Fixture): void {
  test('waits after create, with all that a pod needs to be ended without its spec', async () => {
    const { runtime } = fixture;
    const { config, sandbox } = await fixture.sandbox();
    const meta: ContainerMeta = {
      hash: '8e45cbd0',
      restartCount: 4,
      terminationMessagePath: '/dev/message',
      terminationMessagePolicy: 'FallbackToLogsOnError',
      terminationGracePeriodSeconds: 30,
      deletionGracePeriodSeconds: 0,
      preStopHandler: '{"exec":{"command":["true"]}}',
      ports: '[{"containerPort":80}]',
    };
    const id = await runtime.createContainer(
      sandbox.id,
      config,
      fixture.containerConfig(config, 'true', { meta }),
    );
    const listed = await runtime.listContainers(config.pod.uid);
    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({
      id,
      sandboxId: sandbox.id,
      pod: config.pod,
      name: 'main',
      state: 'created',
      meta,
    });
    const status = await runtime.containerStatus(id);
    expect(status).toMatchObject({
      id,
      state: 'created',
      meta,
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      error: '',
    });
    expect(status.reference).toBe(`${runtime.name}://${id}`);
    expect(status.logPath).toBe(fixture.containerConfig(config, '', { meta }).logPath);
  });

  test('runs, and its end keeps code and times', async () => {
    const { runtime } = fixture;
    const { id, config } = await fixture.run('read line; exit 3', { stdin: true });
    const running = await runtime.containerStatus(id);
    expect(running).toMatchObject({ state: 'running', finishedAt: 0, oomKilled: false });
    expect(running.startedAt).toBeGreaterThanOrEqual(running.createdAt - 1);
    expect((await runtime.listContainers(config.pod.uid))[0]).toMatchObject({ id, state: 'running' });
    const session = await runtime.attach(id, { stdin: Readable.from(['go\n']) });
    await session.done;
    const ended = await fixture.exited(id);
    expect(ended).toMatchObject({ state: 'exited', exitCode: 3, oomKilled: false, error: '' });
    expect(ended.finishedAt).toBeGreaterThanOrEqual(ended.startedAt);
    expect((await runtime.listContainers(config.pod.uid))[0]).toMatchObject({ id, state: 'exited' });
  });

  test('gets command, arguments, environment and working directory as given', async () => {
    const { id } = await fixture.runShared('echo "$0|$1|$GREETING|$EMPTY|$PWD"', {
      args: ['a b', "it's $HOME"],
      env: [
        { name: 'GREETING', value: 'x=$HOME "y"' },
        { name: 'EMPTY', value: '' },
      ],
      workingDir: '/tmp',
    });
    await fixture.exited(id);
    expect(await text(fixture.runtime.logs(id))).toBe('a b|it\'s $HOME|x=$HOME "y"||/tmp\n');
  });

  test('is asked to stop before it is killed', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done');
    await fixture.logged(id, 'ready');
    await runtime.stopContainer(id, 10_000);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 7 });
    await runtime.stopContainer(id, 10_000);
  });

  test('is killed when it does not stop in time', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('trap "" TERM; echo ready; while :; do sleep 0.05; done');
    await fixture.logged(id, 'ready');
    const before = Date.now();
    await runtime.stopContainer(id, 1_000);
    expect(Date.now() - before).toBeGreaterThan(900);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 137 });
  });

  test('that cannot be started says why, and shows as ended', async () => {
    const { runtime } = fixture;
    const { config, sandbox } = await fixture.sandbox();
    const broken = fixture.containerConfig(config, '', { command: ['/no/such/program'] });
    const id = await runtime.createContainer(sandbox.id, config, broken);
    expect(await codeOf(runtime.startContainer(id))).toBe('ERR_CONTAINER_START');
    const status = await runtime.containerStatus(id);
    expect(status.state).toBe('exited');
    expect(status.exitCode).not.toBe(0);
    expect(status.error).toContain('/no/such/program');
    expect(status.startedAt).toBe(status.finishedAt);
  });

  test('is removed while it runs, again and again', async () => {
    const { runtime } = fixture;
    const { id, config } = await fixture.run('sleep 1000');
    await runtime.removeContainer(id);
    await runtime.removeContainer(id);
    await runtime.stopContainer(id, 0);
    expect(await runtime.listContainers(config.pod.uid)).toEqual([]);
    expect(await codeOf(runtime.containerStatus(id))).toBe('ERR_RUNTIME_NOT_FOUND');
    expect(await codeOf(runtime.startContainer(id))).toBe('ERR_RUNTIME_NOT_FOUND');
  });

  test('runs again as a new instance beside the old one', async () => {
    const { runtime } = fixture;
    const { id, config, sandbox } = await fixture.run('exit 1');
    await fixture.exited(id);
    const first = fixture.containerConfig(config, 'exit 2');
    const meta = { ...first.meta, restartCount: 1 };
    const next = fixture.containerConfig(config, 'exit 2', { meta });
    const second = await runtime.createContainer(sandbox.id, config, next);
    await runtime.startContainer(second);
    await fixture.exited(second);
    const listed = await runtime.listContainers(config.pod.uid);
    expect(listed.map((container) => [container.id, container.meta.restartCount])).toEqual(
      expect.arrayContaining([
        [id, 0],
        [second, 1],
      ]),
    );
    expect((await runtime.containerStatus(id)).exitCode).toBe(1);
    expect((await runtime.containerStatus(second)).exitCode).toBe(2);
  });

  test('needs its sandbox', async () => {
    const config = fixture.sandboxConfig();
    const orphan = fixture.containerConfig(config, 'true');
    const unknown = 'f'.repeat(64);
    expect(await codeOf(fixture.runtime.createContainer(unknown, config, orphan))).toBe(
      'ERR_RUNTIME_NOT_FOUND',
    );
  });
}
