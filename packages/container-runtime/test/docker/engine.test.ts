import { type CollectedLine, collectingLogger } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createDockerRuntime, type DockerRuntime } from '../../src/index.js';
import { containerConfig, sandboxConfig } from '../configs.js';
import { type FakeEngine, fakeEngine } from '../fake-engine.js';

describe('an engine', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  function runtimeOn(fake: FakeEngine, options = {}): DockerRuntime {
    const runtime = createDockerRuntime({ socketPath: fake.socketPath, ...options });
    open.push(runtime, fake);
    return runtime;
  }

  test.each([
    ['1.41', '1.12', '1.41'],
    ['1.44', '1.24', '1.44'],
    ['1.52', '1.44', '1.44'],
    ['1.60', '1.50', '1.50'],
    ['1.9', '1.0', '1.9'],
  ])('of API %s (at least %s) is spoken to in %s', async (ApiVersion, MinAPIVersion, spoken) => {
    const fake = await fakeEngine((_call, response) => response.end('[]'), {
      Version: 'x',
      ApiVersion,
      MinAPIVersion,
    });
    await runtimeOn(fake).listContainers();
    expect(fake.calls.map(({ version }) => version)).toEqual([spoken]);
  });

  test('that claims a name is taken by something it cannot find gets another name, once', async () => {
    const ghost = 'ab'.repeat(32);
    const fake = await fakeEngine((call, response) => {
      if (call.method === 'DELETE') response.writeHead(404).end('{"message":"No such container"}');
      else if (call.path === '/info') response.end('{}');
      else if (call.query.get('name') === 'k8s_c_p_n_u_0') {
        response.writeHead(409).end(
          JSON.stringify({
            message: `Conflict. The container name "/k8s_c_p_n_u_0" is already in use by container "${ghost}".`,
          }),
        );
      } else response.writeHead(201).end('{"Id":"new"}');
    });
    expect(await runtimeOn(fake).createContainer('s', sandboxConfig(), containerConfig())).toBe('new');
    const creates = fake.calls.filter(({ path }) => path === '/containers/create');
    expect(creates.map(({ query }) => query.get('name'))).toEqual([
      'k8s_c_p_n_u_0',
      expect.stringMatching(/^k8s_c_p_n_u_0_[0-9a-f]{8}$/),
    ]);
  });

  test('with the systemd cgroup driver gets slices, and a wrong configuration is named once', async () => {
    const records: CollectedLine[] = [];
    const log = collectingLogger(records, 'trace');
    const fake = await fakeEngine((call, response) => {
      response.end(call.path === '/info' ? '{"CgroupDriver":"systemd"}' : '{"Id":"new"}');
    });
    const runtime = runtimeOn(fake, { log, cgroupDriver: 'cgroupfs' });
    const pod = sandboxConfig({ cgroupParent: '/kubepods/burstable/pod1-2' });
    for (let i = 0; i < 2; i++) await runtime.createContainer('s', pod, containerConfig());
    const bodies = fake.calls
      .filter(({ path }) => path === '/containers/create')
      .map(({ body }) => JSON.parse(body) as object);
    expect(bodies[1]).toMatchObject({ HostConfig: { CgroupParent: 'kubepods-burstable-pod1_2.slice' } });
    expect(records.filter(({ text }) => text.includes('cgroup driver'))).toHaveLength(1);
    expect(fake.calls.filter(({ path }) => path === '/info')).toHaveLength(1);
  });

  test('that comes back as another one is asked again what it is', async () => {
    let driver = 'systemd';
    let cut = false;
    const fake = await fakeEngine((call, response) => {
      if (cut) response.destroy();
      else response.end(call.path === '/info' ? JSON.stringify({ CgroupDriver: driver }) : '{"Id":"new"}');
    });
    const runtime = runtimeOn(fake);
    const create = () =>
      runtime.createContainer('s', sandboxConfig({ cgroupParent: '/kubepods/pod1' }), containerConfig());
    await create();
    cut = true;
    await expect(create()).rejects.toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE' });
    cut = false;
    driver = 'cgroupfs';
    await create();
    const bodies = fake.calls
      .filter(({ path }) => path === '/containers/create')
      .map(({ body }) => JSON.parse(body) as object);
    expect(bodies[0]).toMatchObject({ HostConfig: { CgroupParent: 'kubepods-pod1.slice' } });
    expect(bodies.at(-1)).toMatchObject({ HostConfig: { CgroupParent: '/kubepods/pod1' } });
  });

  test('that speaks nonsense fails the request, not the agent', async () => {
    const fake = await fakeEngine((_call, response) => response.end('<html>'));
    await expect(runtimeOn(fake).listContainers()).rejects.toMatchObject({ code: 'ERR_ENGINE' });
    const busy = await fakeEngine((_call, response) => response.writeHead(500).end('out of memory'));
    await expect(runtimeOn(busy).listContainers()).rejects.toMatchObject({
      code: 'ERR_ENGINE',
      message: 'out of memory',
    });
  });

  test('that is removing a container already is not asked twice', async () => {
    const fake = await fakeEngine((call, response) => {
      if (call.method === 'DELETE')
        response.writeHead(409).end('{"message":"removal of container c is already in progress"}');
      else
        response.end('{"Id":"c","Created":"","Name":"","Image":"","State":{},"Config":{},"HostConfig":{}}');
    });
    await runtimeOn(fake).removeContainer('c');
    expect(fake.calls.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  test('gets ids as they are, whatever is in them', async () => {
    const fake = await fakeEngine((_call, response) =>
      response.writeHead(404).end('{"message":"No such container"}'),
    );
    await expect(runtimeOn(fake).containerStatus('../images/json?x=#')).rejects.toMatchObject({
      code: 'ERR_RUNTIME_NOT_FOUND',
    });
    expect(fake.calls[0]?.path).toBe('/containers/..%2Fimages%2Fjson%3Fx%3D%23/json');
  });
});
