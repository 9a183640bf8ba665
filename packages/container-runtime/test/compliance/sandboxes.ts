import { expect, test } from '@jest/globals';
import { codeOf, type Fixture } from './fixture.js';

export function sandboxTests(fixture: Fixture): void {
  const { capabilities } = fixture.setup;

  test('is ready after run, and keeps what the pod is called', async () => {
    const { runtime } = fixture;
    const before = Date.now();
    const { config, sandbox } = await fixture.sandbox({ attempt: 3 });
    expect(sandbox).toMatchObject({
      pod: config.pod,
      attempt: 3,
      state: 'ready',
      labels: config.labels,
      annotations: config.annotations,
      network: config.network,
    });
    expect(sandbox.createdAt).toBeGreaterThan(before - 2_000);
    expect(sandbox.createdAt).toBeLessThan(Date.now() + 2_000);
    expect(sandbox.ips).toHaveLength(capabilities.podNetwork ? 1 : 0);
    expect(await runtime.sandboxStatus(sandbox.id)).toEqual(sandbox);
  });

  test('is listed with all and with its pod, not with others', async () => {
    const { runtime } = fixture;
    const first = await fixture.sandbox();
    const second = await fixture.sandbox();
    const { id, pod } = first.sandbox;
    const ofPod = await runtime.listSandboxes(pod.uid);
    expect(ofPod).toHaveLength(1);
    expect(ofPod[0]).toMatchObject({ id, pod, attempt: 0, state: 'ready', labels: { app: 'web' } });
    const all = (await runtime.listSandboxes()).map((sandbox) => sandbox.id);
    expect(all).toEqual(expect.arrayContaining([id, second.sandbox.id]));
    expect(await runtime.listSandboxes('no-such-pod')).toEqual([]);
  });

  test('stops with its containers, again and again', async () => {
    const { runtime } = fixture;
    const { id, sandbox } = await fixture.run('sleep 1000');
    await runtime.stopSandbox(sandbox.id);
    await runtime.stopSandbox(sandbox.id);
    expect((await runtime.sandboxStatus(sandbox.id)).state).toBe('notReady');
    expect((await runtime.containerStatus(id)).state).toBe('exited');
  });

  test('is removed with its containers, again and again', async () => {
    const { runtime } = fixture;
    const { id, sandbox } = await fixture.run('sleep 1000');
    await runtime.removeSandbox(sandbox.id);
    await runtime.removeSandbox(sandbox.id);
    await runtime.stopSandbox(sandbox.id);
    expect(await runtime.listSandboxes(sandbox.pod.uid)).toEqual([]);
    expect(await runtime.listContainers(sandbox.pod.uid)).toEqual([]);
    expect(await codeOf(runtime.sandboxStatus(sandbox.id))).toBe('ERR_RUNTIME_NOT_FOUND');
    expect(await codeOf(runtime.containerStatus(id))).toBe('ERR_RUNTIME_NOT_FOUND');
  });

  test('a pod can have a new one beside its dead one', async () => {
    const { runtime } = fixture;
    const { config, sandbox } = await fixture.sandbox();
    await runtime.stopSandbox(sandbox.id);
    const next = await runtime.runSandbox({ ...config, attempt: 1 });
    const listed = await runtime.listSandboxes(config.pod.uid);
    expect(
      listed.map(({ attempt, state }) => ({ attempt, state })).sort((a, b) => a.attempt - b.attempt),
    ).toEqual([
      { attempt: 0, state: 'notReady' },
      { attempt: 1, state: 'ready' },
    ]);
    expect(next.id).not.toBe(sandbox.id);
  });

  test('an aborted run leaves nothing that is ready', async () => {
    const { runtime } = fixture;
    const config = fixture.sandboxConfig();
    await expect(runtime.runSandbox(config, AbortSignal.abort(new Error('changed my mind')))).rejects.toThrow(
      'changed my mind',
    );
    expect((await runtime.listSandboxes(config.pod.uid)).filter(({ state }) => state === 'ready')).toEqual(
      [],
    );
  });

  test('many at once do not disturb each other', async () => {
    const { runtime } = fixture;
    const pods = await Promise.all(Array.from({ length: 4 }, () => fixture.run('echo "$0"; exit 5')));
    const ends = await Promise.all(pods.map(({ id }) => fixture.exited(id)));
    expect(ends.map(({ exitCode, pod }) => [exitCode, pod.uid])).toEqual(
      pods.map(({ config }) => [5, config.pod.uid]),
    );
    await Promise.all(pods.map(({ sandbox }) => runtime.removeSandbox(sandbox.id)));
  });
}
