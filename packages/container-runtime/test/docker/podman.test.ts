import { afterEach, describe, expect, test } from '@jest/globals';
import { containerOfListing } from '../../src/docker/containers/container-state.js';
import { familiarName } from '../../src/docker/images/familiar-name.js';
import { logTime } from '../../src/docker/timestamps.js';
import { createDockerRuntime, type DockerRuntime, type RuntimeEvent } from '../../src/index.js';
import { containerConfig, sandboxConfig } from '../configs.js';
import { type EngineCall, type FakeEngine, fakeEngine } from '../fake-engine.js';

const ID = 'c'.repeat(64);
const PODMAN = {
  Version: '4.3.1',
  ApiVersion: '1.41',
  MinAPIVersion: '1.24',
  Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }],
};

describe('names and times of Podman', () => {
  test.each([
    ['docker.io/library/busybox:1', 'busybox:1'],
    ['docker.io/me/app@sha256:1', 'me/app@sha256:1'],
    ['127.0.0.1:5000/library/app:1', '127.0.0.1:5000/library/app:1'],
    ['localhost/app:1', 'localhost/app:1'],
    ['busybox:1', 'busybox:1'],
  ])('%s is %s', (name, familiar) => {
    expect(familiarName(name)).toBe(familiar);
  });

  test.each([
    ['2026-11-26T12:14:07Z', '2026-11-26T12:14:07.000000000Z'],
    ['2026-11-26T13:14:07+01:00', '2026-11-26T12:14:07.000000000Z'],
    ['2026-11-26T00:14:07.25-05:30', '2026-11-26T05:44:07.250000000Z'],
    ['2026-11-26T12:14:07.123456789Z', '2026-11-26T12:14:07.123456789Z'],
    ['2026-99-26T12:14:07Z', '2026-99-26T12:14:07Z'],
    ['something', 'something'],
  ])('%s is told as %s', (text, told) => {
    expect(logTime(text)).toBe(told);
  });

  test.each([
    ['configured', 'created'],
    ['initialized', 'created'],
    ['stopping', 'running'],
    ['stopped', 'exited'],
  ])('%s is %s', (State, state) => {
    expect(containerOfListing({ Id: ID, Image: 'a', ImageID: 'b', Created: 1, State })).toMatchObject({
      state,
    });
  });
});

describe('requests to Podman', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  /** Answers by `METHOD path`: a status and a body. */
  async function podman(
    answers: (call: EngineCall) => readonly [number, unknown],
  ): Promise<{ runtime: DockerRuntime; fake: FakeEngine }> {
    const fake = await fakeEngine((call, response) => {
      const [status, body] = call.path === '/info' ? [200, {}] : answers(call);
      response.writeHead(status).end(body === '' ? '' : JSON.stringify(body));
    }, PODMAN);
    const runtime = createDockerRuntime({ socketPath: fake.socketPath });
    open.push(runtime, fake);
    return { runtime, fake };
  }

  const created = {
    Id: ID,
    Created: '2026-11-26T12:15:25Z',
    Name: '/k8s_c_p_n_u_0',
    Image: 'sha256:1',
    State: { Status: 'created', Running: false, ExitCode: 0, Error: '', FinishedAt: '0001-01-01T00:00:00Z' },
    Config: { Image: 'docker.io/library/busybox:1', Labels: {} },
    HostConfig: {},
  };

  test.each([
    [
      'exec: "x": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found',
      127,
    ],
    ['exec: "/x": permission denied: OCI permission denied', 126],
    ['mounting "/x": invalid argument: OCI runtime error', 128],
  ])(
    'a start that fails (%s) is remembered with exit code %i, until the container is gone',
    async (text, exitCode) => {
      let there = true;
      const { runtime } = await podman(({ method, path }) => {
        if (path.endsWith('/start')) return [500, { message: text }];
        if (path.startsWith('/images/')) return [404, { message: 'no such image' }];
        if (path === '/containers/json') return [200, []];
        if (method === 'DELETE') there = false;
        return there ? [200, created] : [404, { message: 'no such container' }];
      });
      await expect(runtime.startContainer(ID)).rejects.toMatchObject({ code: 'ERR_CONTAINER_START' });
      const failed = { state: 'exited', exitCode, error: text, imageName: 'busybox:1' };
      expect(await runtime.containerStatus(ID)).toMatchObject(failed);
      await runtime.removeContainer(ID);
      there = true;
      expect(await runtime.containerStatus(ID)).toMatchObject({ state: 'created', exitCode: 0, error: '' });
      await expect(runtime.startContainer(ID)).rejects.toThrow();
      await runtime.listContainers();
      expect(await runtime.containerStatus(ID)).toMatchObject({ state: 'created' });
    },
  );

  test('its events are asked for by its words, and told by ours', async () => {
    const events = ['create', 'start', 'die', 'cleanup', 'remove'].map((Action) => ({
      Action,
      Actor: { ID, Attributes: { 'io.kubernetes.pod.uid': 'u' } },
    }));
    const fake = await fakeEngine((call, response) => {
      if (call.path === '/info') response.end('{}');
      else response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    }, PODMAN);
    const runtime = createDockerRuntime({ socketPath: fake.socketPath });
    open.push(runtime, fake);
    const seen: RuntimeEvent['type'][] = [];
    await expect(
      (async () => {
        for await (const { type } of runtime.events(new AbortController().signal)) seen.push(type);
      })(),
    ).rejects.toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE' });
    expect(seen).toEqual(['changed', 'started', 'died', 'removed']);
    const { query } = fake.calls.find(({ path }) => path === '/events')!;
    const filters = JSON.parse(query.get('filters')!);
    expect(filters.event).toEqual(expect.arrayContaining(['die', 'died', 'destroy', 'remove']));
    expect(filters.label).toEqual([
      'io.kubernetes.docker.type=podsandbox',
      'io.kubernetes.docker.type=container',
    ]);
  });

  test('a container joins the host name of its pod', async () => {
    const { runtime, fake } = await podman(() => [201, { Id: ID }]);
    await runtime.createContainer('5b', sandboxConfig(), containerConfig());
    const { body } = fake.calls.find(({ path }) => path === '/containers/create')!;
    expect(JSON.parse(body).HostConfig).toMatchObject({
      UTSMode: 'container:5b',
      NetworkMode: 'container:5b',
    });
  });

  test('two removals at once are one; figures of what does not run are refused', async () => {
    const { runtime } = await podman(({ method, path }) => {
      if (method === 'DELETE') return [500, { message: 'container ID does not exist: no such container' }];
      return path.endsWith('/stats') ? [200, ''] : [200, created];
    });
    await runtime.removeContainer(ID);
    await expect(runtime.stats(ID)).rejects.toMatchObject({ code: 'ERR_CONTAINER_NOT_RUNNING' });
  });
});
