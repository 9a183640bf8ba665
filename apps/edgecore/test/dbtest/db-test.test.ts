import { errorText } from '@edgecore/api';
import { createBus, type Message, type Participant } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DbTest } from '../../src/dbtest/db-test.js';

describe('dbTest (dbtest.md)', () => {
  const bus = createBus();
  let url = '';
  let pods: unknown[] = [];
  let meta: AsyncIterator<Message>;
  let joined: Participant;

  beforeAll(async () => {
    joined = bus.join('metamanager', 'other');
    meta = joined.receive()[Symbol.asyncIterator]();
    let port = 0;
    bus.add(
      new DbTest({
        port: 0,
        maxBodyBytes: 2000,
        pods: () => pods,
        onListening: (bound) => {
          port = bound;
        },
      }),
    );
    bus.start();
    await eventually(() => port > 0);
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    joined.close();
    await bus.stop();
  });

  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  const next = async () => (await meta.next()).value as Message;

  test.each([
    ['POST', 'insert'],
    ['PUT', 'update'],
    ['DELETE', 'delete'],
  ])('%s /pods is %s of a pod of the cloud', async (method, operation) => {
    const pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u-1' }, spec: { containers: [] } };
    expect(await call(method, '/pods', pod)).toEqual({ status: 200, text: '' });
    expect(await next()).toMatchObject({
      source: 'edgecontroller',
      group: 'resource',
      parentId: 'u-1',
      operation,
      resource: 'ns/pod/p',
      content: pod,
    });
  });

  test('a pod with nothing but a name gets what the agent needs, the same each time', async () => {
    const pod = { metadata: { name: 'q' } };
    await call('PUT', '/pods', pod);
    const first = await next();
    expect(first).toMatchObject({
      resource: 'default/pod/q',
      content: { metadata: { namespace: 'default' } },
    });
    await call('DELETE', '/pods', pod);
    expect((await next()).parentId).toBe(first.parentId);
  });

  test('config maps and secrets go under their names, or in upstream’s form', async () => {
    await call('POST', '/configmap', { metadata: { name: 'c', namespace: 'ns', uid: 'u' } });
    expect(await next()).toMatchObject({ source: 'test', group: 'edgehub', resource: 'ns/configmap/c' });
    await call('PUT', '/secret', { metadata: { uid: 'u-2' } });
    expect(await next()).toMatchObject({ parentId: 'u-2', resource: 'fakeNamespace/secret/u-2' });
  });

  test('GET /pods lists what edged has', async () => {
    expect(JSON.parse((await call('GET', '/pods')).text)).toEqual({
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: {},
      items: null,
    });
    pods = [{ metadata: { name: 'p' } }];
    expect(JSON.parse((await call('GET', '/pods')).text).items).toEqual(pods);
  });

  test.each([
    ['POST', '/pods', '{', 400, 'not JSON'],
    ['POST', '/pods', '[]', 400, 'not an object'],
    ['POST', '/pods', '{"metadata":{}}', 400, 'metadata.name is missing'],
    ['POST', '/pods', '{"metadata":{"name":"../x"}}', 400, 'without "/"'],
    ['POST', '/secret', '{}', 400, 'namespace and name'],
    ['PATCH', '/pods', '{}', 405, 'not allowed'],
    ['GET', '/secret', undefined, 405, 'not allowed'],
    ['POST', '/nope', '{}', 404, 'not found'],
    ['POST', '/pods', `"${'x'.repeat(3000)}"`, 413, 'exceeds 2000 bytes'],
    // No device twin on this bus.
    ['POST', '/devices', '{"added_devices":[]}', 503, 'no module'],
  ])('%s %s is refused: case %#', async (method, path, body, status, text) => {
    const answer = await call(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  test('a port somebody has: told with what to do', async () => {
    const { port } = new URL(url);
    const other = createBus();
    other.add(new DbTest({ port: Number(port), pods: () => [] }), { when: 'never' });
    other.start();
    const text = errorText(await other.failed.catch((error: unknown) => error));
    expect(text).toContain(`cannot listen on 127.0.0.1:${port}; end what uses it`);
    expect(text).toContain('edgecoreTs.dbTest.port');
    await other.stop();
  });

  test('a web page cannot use it', async () => {
    const { status } = await call('POST', '/pods', { metadata: { name: 'x' } }, { Origin: 'http://evil' });
    expect(status).toBe(403);
  });
});
