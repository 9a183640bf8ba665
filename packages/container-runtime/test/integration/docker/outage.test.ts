import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { eventually, freePort, type TcpProxy, tcpProxy, tempDir, withDocker } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDockerRuntime, type DockerRuntime, type RuntimeEvent } from '../../../src/index.js';
import { dockerPods } from './pods.js';

const DOCKER_SOCKET = '/var/run/docker.sock';
const describeDocker = await withDocker();

describe('without an engine', () => {
  test('a missing socket says so, and what to do', async () => {
    const runtime = createDockerRuntime({ socketPath: '/nonexistent/docker.sock' });
    await expect(runtime.listSandboxes()).rejects.toMatchObject({
      code: 'ERR_RUNTIME_UNAVAILABLE',
      message: expect.stringMatching(/\/nonexistent\/docker\.sock does not exist; start Docker/),
    });
    expect(await runtime.status()).toEqual({ ready: false, reason: expect.stringContaining('start Docker') });
    await runtime.close();
  });

  test('a port nobody listens on says so', async () => {
    const runtime = createDockerRuntime({ host: `tcp://127.0.0.1:${await freePort()}` });
    await expect(runtime.version()).rejects.toMatchObject({
      code: 'ERR_RUNTIME_UNAVAILABLE',
      message: expect.stringContaining('nobody listens there'),
    });
    await runtime.close();
  });

  test('an engine that accepts and never answers is given up after the deadline', async () => {
    const socketPath = join(await tempDir(), 'silent.sock');
    const server: Server = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    const runtime = createDockerRuntime({ socketPath, requestTimeoutMs: 100 });
    await expect(runtime.listContainers()).rejects.toMatchObject({
      code: 'ERR_RUNTIME_UNAVAILABLE',
      message: expect.stringContaining('answers nothing in time'),
    });
    await runtime.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test('something that is no socket at all', async () => {
    const socketPath = join(await tempDir(), 'file');
    await writeFile(socketPath, '');
    const runtime = createDockerRuntime({ socketPath });
    await expect(runtime.listImages()).rejects.toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE' });
    await runtime.close();
  });

  test.each(['relative/path', 'ftp://host', 'tcp://', 'unix://relative', 'http://'])(
    'the address %s is refused',
    (host) => {
      expect(() => createDockerRuntime({ host })).toThrow(/is not an engine address/);
    },
  );
});

describeDocker('when the engine goes and comes back', () => {
  const pods = dockerPods();
  let socketPath: string;
  let link: TcpProxy;
  let runtime: DockerRuntime;

  beforeEach(async () => {
    const directory = join(pods.directory, `link-${Date.now()}`);
    await mkdir(directory);
    socketPath = join(directory, 'docker.sock');
    link = await tcpProxy({ path: socketPath }, { path: DOCKER_SOCKET });
    runtime = createDockerRuntime({
      socketPath,
      requestTimeoutMs: 2_000,
      instance: pods.instance,
      containerLogsDir: pods.directory,
    });
  });
  afterEach(async () => {
    await runtime.close();
    await link.close();
  });

  test('requests fail while it is away and work again afterwards', async () => {
    const sandbox = await runtime.runSandbox(pods.sandboxConfig());
    await link.close();
    await rm(socketPath, { force: true });
    await expect(runtime.sandboxStatus(sandbox.id)).rejects.toMatchObject({
      code: 'ERR_RUNTIME_UNAVAILABLE',
    });
    expect((await runtime.status()).ready).toBe(false);
    link = await tcpProxy({ path: socketPath }, { path: DOCKER_SOCKET });
    expect(await runtime.status()).toEqual({ ready: true });
    expect((await runtime.sandboxStatus(sandbox.id)).state).toBe('ready');
  });

  test('a request cut in the middle is an engine that is away, not a missing container', async () => {
    const sandbox = await runtime.runSandbox(pods.sandboxConfig());
    link.after(1, () => link.cut());
    await expect(runtime.sandboxStatus(sandbox.id)).rejects.toMatchObject({
      code: 'ERR_RUNTIME_UNAVAILABLE',
    });
    link.after(10, () => {
      link.mode = 'stall';
    });
    await expect(runtime.sandboxStatus(sandbox.id)).rejects.toMatchObject({
      code: 'ERR_RUNTIME_UNAVAILABLE',
    });
    link.mode = 'pass';
    expect((await runtime.sandboxStatus(sandbox.id)).state).toBe('ready');
  });

  test('the event stream throws, and a new one goes on', async () => {
    const first = readEvents(runtime);
    await madeEvents(pods, first.seen);
    link.cut();
    await expect(first.done).rejects.toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE' });
    const second = readEvents(runtime);
    await madeEvents(pods, second.seen);
    second.stop();
    await second.done;
  });

  test('streams may be silent for longer than a request may take', async () => {
    const impatient = createDockerRuntime({
      socketPath,
      requestTimeoutMs: 400,
      instance: pods.instance,
      containerLogsDir: pods.directory,
    });
    const { id } = await pods.start(pods.sandboxConfig(), { command: ['sh', '-c', 'sleep 1; echo late'] });
    await pods.runtime.startContainer(id);
    const exec = impatient.exec(id, { command: ['sh', '-c', 'sleep 0.7; echo done'] });
    let seen = '';
    for await (const { data } of impatient.logs(id, { follow: true })) seen += data.toString();
    expect(seen).toBe('late\n');
    expect((await exec).stdout.toString()).toBe('done\n');
    await impatient.close();
  });

  test('followed logs and running commands fail instead of ending as if all were well', async () => {
    const { id } = await pods.start(pods.sandboxConfig(), {
      command: ['sh', '-c', 'while :; do echo x; sleep 0.05; done'],
    });
    await pods.runtime.startContainer(id);
    let seen = '';
    const logs = (async () => {
      for await (const { data } of runtime.logs(id, { follow: true })) seen += data.toString();
    })();
    // In the log it shows that both are at work; a command that was not started yet would not notice.
    const exec = runtime.exec(id, { command: ['sh', '-c', 'echo running > /proc/1/fd/1; exec sleep 60'] });
    const outcomes = Promise.allSettled([logs, exec]);
    await eventually(() => seen.includes('running'));
    link.cut();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RUNTIME_UNAVAILABLE' } });
    }
  });
});

function readEvents(runtime: DockerRuntime) {
  const abort = new AbortController();
  const seen: RuntimeEvent[] = [];
  const done = (async () => {
    for await (const event of runtime.events(abort.signal)) seen.push(event);
  })();
  done.catch(() => {});
  return { seen, done, stop: () => abort.abort() };
}

/** Starts and ends containers, past the link that is broken, until the stream tells of one. */
async function madeEvents(pods: ReturnType<typeof dockerPods>, seen: readonly RuntimeEvent[]): Promise<void> {
  await eventually(async () => {
    await pods.output('true');
    return seen.length > 0;
  });
}
