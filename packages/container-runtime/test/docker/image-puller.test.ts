import type { ServerResponse } from 'node:http';
import { eventually } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createDockerRuntime, type DockerRuntime } from '../../src/index.js';
import { type EngineCall, type FakeEngine, fakeEngine } from '../fake-engine.js';

describe('pulls', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  async function engine(
    pull: (call: EngineCall, response: ServerResponse) => void,
  ): Promise<{ runtime: DockerRuntime; fake: FakeEngine; pulls: () => EngineCall[] }> {
    const fake = await fakeEngine((call, response) => {
      if (call.path === '/images/create') pull(call, response);
      else
        response.end(JSON.stringify({ Id: 'sha256:1', RepoTags: ['x:1'], Size: 1, Config: { User: '7' } }));
    });
    const runtime = createDockerRuntime({ socketPath: fake.socketPath });
    open.push(runtime, fake);
    return { runtime, fake, pulls: () => fake.calls.filter(({ path }) => path === '/images/create') };
  }

  test('that are equal are one, with other credentials they are not', async () => {
    const held: ServerResponse[] = [];
    const { runtime, pulls } = await engine((_call, response) => {
      response.write('{"status":"Pulling"}\n');
      held.push(response);
    });
    const auths = [{ username: 'u', password: 'p', serverAddress: 's' }];
    const all = [
      runtime.pullImage('x:1'),
      runtime.pullImage('x:1'),
      runtime.pullImage('x:1', { auths }),
      runtime.pullImage('y'),
    ];
    await eventually(() => held.length === 3);
    for (const response of held) response.end();
    const images = await Promise.all(all);
    expect(pulls().map(({ query }) => query.get('fromImage'))).toEqual(['x:1', 'x:1', 'y:latest']);
    expect(images).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ id: 'sha256:1', user: '7' })),
    );
    const again = runtime.pullImage('x:1');
    await eventually(() => held.length === 4);
    held[3]!.end();
    await again;
  });

  test('go on while one of those who wait still does', async () => {
    const held: ServerResponse[] = [];
    let cut = 0;
    const { runtime } = await engine((_call, response) => {
      response.on('close', () => response.writableFinished || cut++);
      response.write('{"status":"Pulling"}\n');
      held.push(response);
    });
    const first = new AbortController();
    const second = new AbortController();
    const one = expect(runtime.pullImage('x:1', { signal: first.signal })).rejects.toThrow('first left');
    const two = expect(runtime.pullImage('x:1', { signal: second.signal })).rejects.toThrow('second left');
    await eventually(() => held.length === 1);
    first.abort(new Error('first left'));
    await one;
    expect(cut).toBe(0);
    second.abort(new Error('second left'));
    await two;
    await eventually(() => cut === 1);
    const fresh = runtime.pullImage('x:1');
    await eventually(() => held.length === 2);
    held[1]!.end();
    await fresh;
  });

  test('try one secret after the other and name every refusal once', async () => {
    const { runtime, pulls } = await engine((call, response) => {
      const { username } = JSON.parse(
        Buffer.from(String(call.headers['x-registry-auth']), 'base64').toString(),
      ) as { username: string };
      if (username === 'c') response.end('{"status":"done"}\n');
      else
        response
          .writeHead(404)
          .end(JSON.stringify({ message: `denied for ${username === 'a' ? 'a' : 'others'}` }));
    });
    const auth = (username: string) => ({ username, password: 'p', serverAddress: 's' });
    expect((await runtime.pullImage('x:1', { auths: [auth('a'), auth('b'), auth('c'), auth('d')] })).id).toBe(
      'sha256:1',
    );
    expect(pulls()).toHaveLength(3);
    await expect(
      runtime.pullImage('x:1', { auths: [auth('a'), auth('b'), auth('e')] }),
    ).rejects.toMatchObject({
      reason: 'ErrImagePull',
      message: '[denied for a, denied for others]',
    });
  });

  test('do not knock with other secrets at a registry that is down', async () => {
    const { runtime, pulls } = await engine((_call, response) => {
      response.end('{"error":"received unexpected HTTP status: 503 Service Unavailable"}\n');
    });
    const auths = ['a', 'b'].map((username) => ({ username, password: 'p', serverAddress: 's' }));
    await expect(runtime.pullImage('x:1', { auths })).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
    });
    expect(pulls()).toHaveLength(1);
  });

  test('cut by the engine are an engine that is away', async () => {
    const { runtime } = await engine((_call, response) => {
      response.write('{"status":"Pulling"}\n', () => response.destroy());
    });
    await expect(runtime.pullImage('x:1')).rejects.toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE' });
  });
});
