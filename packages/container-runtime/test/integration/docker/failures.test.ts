import { type CollectedLine, collectingLogger, docker, PAUSE_IMAGE, withDocker } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { createDockerRuntime } from '../../../src/index.js';
import { containerConfig } from '../../configs.js';
import { dockerPods, inspect } from './pods.js';

const describeDocker = await withDocker();

describeDocker('what can go wrong with Docker', () => {
  const pods = dockerPods();

  test('an engine that may not set negative OOM scores is found out once, and pods run with 0', async () => {
    const records: CollectedLine[] = [];
    const log = collectingLogger(records, 'trace');
    const runtime = createDockerRuntime({ log, instance: pods.instance, containerLogsDir: pods.directory });
    const allowed = await engineAllowsNegativeScores();
    const scores: unknown[] = [];
    for (const name of ['first', 'second']) {
      const config = pods.sandboxConfig({ pod: { uid: pods.newUid(), namespace: 'n', name } });
      const sandbox = await runtime.runSandbox(config);
      const guaranteed = containerConfig({
        image: PAUSE_IMAGE,
        resources: { oomScoreAdj: -997 },
        logPath: `${config.logDirectory}/c/0.log`,
      });
      const id = await runtime.createContainer(sandbox.id, config, guaranteed);
      await runtime.startContainer(id);
      expect((await runtime.containerStatus(id)).state).toBe('running');
      scores.push(
        (await inspect(sandbox.id)).HostConfig['OomScoreAdj'],
        (await inspect(id)).HostConfig['OomScoreAdj'],
      );
    }
    await runtime.close();
    expect(scores).toEqual(allowed ? [-998, -997, -998, -997] : [0, 0, 0, 0]);
    expect(records.filter(({ text }) => text.includes('OOM scores'))).toHaveLength(allowed ? 0 : 1);
  });

  test('after a restart of the agent the running sandbox tells about OOM scores', async () => {
    const config = pods.sandboxConfig();
    const { id: sandboxId } = await pods.runtime.runSandbox(config);
    const restarted = createDockerRuntime({ instance: pods.instance, containerLogsDir: pods.directory });
    const guaranteed = containerConfig({
      image: PAUSE_IMAGE,
      resources: { oomScoreAdj: -997 },
      logPath: `${config.logDirectory}/c/0.log`,
    });
    const id = await restarted.createContainer(sandboxId, config, guaranteed);
    await restarted.startContainer(id);
    expect((await restarted.containerStatus(id)).state).toBe('running');
    await restarted.close();
  });

  test('a name taken by a dead container costs one attempt, one taken by a running container stays', async () => {
    const config = pods.sandboxConfig();
    const { uid } = config.pod;
    const holder = await docker(
      'create',
      '--name',
      `k8s_POD_p_n_${uid}_0`,
      '--label',
      `io.kubernetes.pod.uid=${uid}`,
      PAUSE_IMAGE,
    );
    await expect(pods.runtime.runSandbox(config)).rejects.toThrow(/already in use/);
    await expect(docker('inspect', holder)).rejects.toThrow();
    const { id } = await pods.runtime.runSandbox(config);
    await expect(pods.runtime.runSandbox(config)).rejects.toMatchObject({ code: 'ERR_SANDBOX' });
    expect((await pods.runtime.sandboxStatus(id)).state).toBe('ready');
  });

  test("a host port that is taken fails the sandbox with the engine's text; the dead one stays and the next attempt has its own", async () => {
    const ports = [{ protocol: 'TCP' as const, containerPort: 80, hostPort: 1, hostIp: '203.0.113.1' }];
    const config = pods.sandboxConfig({ ports });
    await expect(pods.runtime.runSandbox(config)).rejects.toMatchObject({
      code: 'ERR_SANDBOX',
      message: expect.stringMatching(/sandbox of pod n\/p failed: .*203\.0\.113\.1/s),
    });
    const [dead] = await pods.runtime.listSandboxes(config.pod.uid);
    expect(dead).toMatchObject({ attempt: 0, state: 'notReady' });
    expect((await pods.runtime.runSandbox({ ...config, attempt: 1, ports: [] })).state).toBe('ready');
  });

  test('a memory limit that is broken shows as such', async () => {
    // The engine hears of the kill on another way than of the end, and on a busy machine it may miss it.
    for (let attempt = 0; ; attempt++) {
      // dd keeps its block in memory: more than the limit allows.
      const { status } = await pods.output('dd if=/dev/zero of=/dev/null bs=64M count=1', {
        resources: { memoryLimitBytes: 16 * 1024 * 1024, oomScoreAdj: 1000 },
      });
      expect(status.exitCode).toBe(137);
      if (attempt < 4 && !status.oomKilled) continue;
      expect(status.oomKilled).toBe(true);
      break;
    }
  });

  test('a program that is not in the PATH is called so', async () => {
    const config = pods.sandboxConfig();
    const { id } = await pods.start(config, { command: ['no-such-program'] });
    await expect(pods.runtime.startContainer(id)).rejects.toMatchObject({
      code: 'ERR_CONTAINER_START',
      message: 'executable not found in $PATH',
    });
    const status = await pods.runtime.containerStatus(id);
    expect(status).toMatchObject({
      state: 'exited',
      startedAt: status.createdAt,
      finishedAt: status.createdAt,
    });
    expect([127, 128]).toContain(status.exitCode);
    expect(status.error).toContain('executable file not found');
  });

  test('an image that is not there fails the container, not the agent', async () => {
    const config = pods.sandboxConfig();
    await expect(pods.start(config, { image: 'edgecore-test/none:9' })).rejects.toMatchObject({
      code: 'ERR_CONTAINER_CREATE',
      message: expect.stringContaining('edgecore-test/none:9'),
    });
  });

  test('a sandbox image that cannot be pulled is an image error', async () => {
    const config = pods.sandboxConfig({ image: '127.0.0.1:1/pause:1' });
    await expect(pods.runtime.runSandbox(config)).rejects.toMatchObject({
      code: 'ERR_IMAGE_PULL',
      reason: 'RegistryUnavailable',
    });
  });
});

/** Docker's own opinion, by trying. */
async function engineAllowsNegativeScores(): Promise<boolean> {
  return docker('run', '--rm', '--oom-score-adj', '-998', '--entrypoint', '/bin/true', PAUSE_IMAGE).then(
    () => true,
    () => false,
  );
}
