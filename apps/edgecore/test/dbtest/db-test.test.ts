import { errorText } from '@edgecore/api';
import { createBus, type Message, type Participant } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DbTest, type KnownPod } from '../../src/dbtest/db-test.js';

describe('dbTest (dbtest.md)', () => {
  const bus = createBus();
  let url = '';
  let pods: KnownPod[] = [];
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

  test('a pod the node has is meant by its name, whatever its uid', async () => {
    const named = { metadata: { name: 'known', namespace: 'ns' } };
    pods = [
      { metadata: { name: 'known', uid: 'elsewhere' } },
      { metadata: { name: 'known', namespace: 'ns', uid: 'leaving' } },
      { metadata: { name: 'known', namespace: 'ns', uid: 'mine' } },
      { metadata: { name: 'other', namespace: 'ns', uid: 'other' } },
    ];
    try {
      expect(await call('DELETE', '/pods', named)).toEqual({ status: 200, text: '' });
      expect(await next()).toMatchObject({
        operation: 'delete',
        parentId: 'mine',
        content: { metadata: { uid: 'mine' } },
      });
      await call('PUT', '/pods', { metadata: { ...named.metadata, uid: 'another' } });
      expect((await next()).parentId).toBe('another');
    } finally {
      pods = [];
    }
  });

  test.each([
    ['POST', '/configmap', 'insert', 'ns/configmap/c'],
    ['PUT', '/configmap', 'update', 'ns/configmap/c'],
    ['DELETE', '/configmap', 'delete', 'ns/configmap/c'],
    ['POST', '/secret', 'insert', 'ns/secret/c'],
    ['PUT', '/secret', 'update', 'ns/secret/c'],
    ['DELETE', '/secret', 'delete', 'ns/secret/c'],
  ])('%s %s', async (method, path, operation, resource) => {
    const content = { metadata: { name: 'c', namespace: 'ns', uid: 'u' }, data: { a: 'b' } };
    expect(await call(method, path, content)).toEqual({ status: 200, text: '' });
    expect(await next()).toMatchObject({
      source: 'test',
      group: 'edgehub',
      parentId: 'u',
      operation,
      resource,
      content,
    });
  });

  test.each([
    ['POST', 'insert'],
    ['PUT', 'update'],
    ['DELETE', 'delete'],
  ])('%s /devices is %s of a membership, whatever its JSON is', async (method, operation) => {
    const twin = bus.join('twin');
    try {
      const devices = twin.receive()[Symbol.asyncIterator]();
      for (const content of [{ event_id: '', added_devices: [{ id: 'd' }] }, [], 'text', null]) {
        expect(await call(method, '/devices', JSON.stringify(content))).toEqual({ status: 200, text: '' });
        expect((await devices.next()).value).toMatchObject({
          source: 'edgemgr',
          group: 'edgehub',
          operation,
          resource: 'membership',
          content,
        });
      }
    } finally {
      twin.close();
    }
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
    // Nothing was sent: the next message is the next one asked for.
    await call('PUT', '/pods', { metadata: { name: 'after' } });
    expect((await next()).resource).toBe('default/pod/after');
  });

  test('4 MiB are taken and one byte more is not', async () => {
    const own = createBus();
    const receiver = own.join('metamanager');
    let port = 0;
    own.add(
      new DbTest({
        port: 0,
        pods: () => [],
        onListening: (bound) => {
          port = bound;
        },
      }),
    );
    own.start();
    await eventually(() => port > 0);
    const body = (length: number) => {
      const text = JSON.stringify({ metadata: { name: 'p' }, filler: '' });
      return text.replace('"filler":""', `"filler":"${'x'.repeat(length - text.length)}"`);
    };
    const put = (length: number) =>
      fetch(`http://127.0.0.1:${port}/pods`, { method: 'PUT', body: body(length) });
    expect((await put(4 * 1_048_576)).status).toBe(200);
    expect((await put(4 * 1_048_576 + 1)).status).toBe(413);
    receiver.close();
    await own.stop();
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
