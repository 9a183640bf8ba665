import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { createMessage } from '@edgecore/beehive';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deviceObject, FakeEdge, nodeObject, podObject } from '../fake-edge.js';

let cloud: Minicloud;
let dataDir: string;
beforeEach(async () => {
  dataDir = await tempDir();
  cloud = await startMinicloud({ dataDir });
});
afterEach(() => cloud.close());

function call(method: string, path: string, body = ''): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: join(dataDir, 'admin.sock'), method, path, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () =>
          resolve({ status: response.statusCode!, body: JSON.parse(text) as unknown }),
        );
      },
    );
    sent.on('error', reject).end(body);
  });
}

test('secrets and the admin socket are the owner’s alone', async () => {
  for (const file of ['ca.key', 'sa.key', 'token', 'admin.sock', 'cloud.db', 'cloud.db-wal']) {
    expect([file, (await stat(join(dataDir, file))).mode & 0o777]).toEqual([file, 0o600]);
  }
});

test('the status names ports and nodes', async () => {
  const edge = await FakeEdge.connect(cloud, 'edge-1');
  await edge.ask('insert', 'default/nodestatus/edge-1', nodeObject('edge-1'));
  expect((await call('GET', '/status')).body).toEqual({
    profile: 'current',
    host: '127.0.0.1',
    hubPort: cloud.hubPort,
    httpsPort: cloud.httpsPort,
    tunnelPort: cloud.tunnelPort,
    kubePort: cloud.kubePort,
    kubeconfig: cloud.kubeconfig,
    nodes: [{ name: 'edge-1', ready: false, connected: true, tunnel: false }],
    pods: 0,
    devices: 0,
  });
  await edge.close();
});

test('apply, list and delete over the socket', async () => {
  expect(await call('GET', '/nodes')).toEqual({ status: 200, body: [] });
  const applied = await call('POST', '/apply', JSON.stringify(podObject('web')));
  expect(applied).toMatchObject({ status: 200, body: [{ metadata: { name: 'web' } }] });
  expect(await call('GET', '/pods')).toMatchObject({ body: [{ metadata: { name: 'web' } }] });
  expect(await call('DELETE', '/pods/default/web?grace=0')).toEqual({ status: 200, body: {} });
  expect((await call('GET', '/pods')).body).toEqual([]);
  expect((await call('GET', '/token')).body).toEqual({ token: cloud.token });
});

test('a call of a service over the socket; bodies in base64', async () => {
  const edge = await FakeEdge.connect(cloud, 'edge-1');
  const wanted = { node: 'edge-1', port: 80, path: '/x', method: 'PUT', headers: { A: ['b'] }, body: 'aGk=' };
  const called = call('POST', '/http', JSON.stringify(wanted));
  const request = await edge.waitFor(({ operation }) => operation === 'PUT');
  expect(request).toMatchObject({ resource: '80:/x', content: { header: { A: ['b'] }, body: 'aGk=' } });
  const content = { header: { C: ['d'] }, status_code: 404, body: 'bm8=' };
  const route = { source: 'servicebus', group: 'user', operation: 'upload', parentId: request.id };
  await edge.connection.send(createMessage<unknown>({ ...route, content }));
  expect(await called).toEqual({ status: 200, body: { status: 404, headers: { C: ['d'] }, body: 'bm8=' } });
  await edge.close();
});

test.each([
  ['POST', '/http', '{"node":"n","port":80}', 503, /doesn't have session for node:n/],
  ['POST', '/http', 'x', 400, /not JSON/],
  ['POST', '/http', '{"node":"n"}', 400, /node and port are needed/],
  ['POST', '/http', '{"node":"n","port":80,"headers":{"A":"b"}}', 400, /lists of texts/],
  ['POST', '/apply', 'kind: Banana', 422, /manifest:1: kind Banana is not known here/],
  ['DELETE', '/pods/default/none', '', 404, /pods "none" not found/],
  ['DELETE', '/bananas/default/x', '', 404, /kind bananas is not known/],
  ['GET', '/nothing', '', 404, /there is no GET \/nothing here/],
  ['DELETE', '/%zz/a/b', '', 400, /not percent-encoded/],
])('%s %s %s is refused in words', async (method, path, body, status, message) => {
  const answer = await call(method, path, body);
  expect(answer.status).toBe(status);
  expect((answer.body as { error: string }).error).toMatch(message);
});

describe('devices', () => {
  const path = '/devices/default/led';
  const wish = (value: unknown, property = 'power') =>
    call('PUT', `${path}/desired/${property}`, JSON.stringify({ value }));

  beforeEach(() => cloud.apply(deviceObject('led')));

  test('are listed, shown, and get other wishes', async () => {
    const led = { id: 'default/led', node: '', properties: { power: { desired: 'ON', type: 'string' } } };
    expect(await call('GET', '/devices')).toMatchObject({ status: 200, body: [led] });
    expect(await call('GET', path)).toMatchObject({ status: 200, body: led });
    expect(await wish('OFF')).toMatchObject({
      status: 200,
      body: { properties: { power: { desired: 'OFF' } } },
    });
    expect(cloud.get('Device', 'default', 'led')).toMatchObject({
      spec: { properties: [{ name: 'power', desired: { value: 'OFF' } }] },
    });
    expect(await call('DELETE', path)).toEqual({ status: 200, body: {} });
    expect((await call('GET', '/devices')).body).toEqual([]);
  });

  test('a caller waits for the next change, or for the end of its time', async () => {
    const { version } = cloud.device('led')!;
    const waiting = call('GET', `${path}?after=${version}&wait=20`);
    // The second request is answered after the first has begun to wait.
    await call('GET', path);
    await wish('OFF');
    expect(await waiting).toMatchObject({ body: { properties: { power: { desired: 'OFF' } } } });
    const now = cloud.device('led')!;
    expect((await call('GET', `${path}?after=${version}`)).body).toEqual(now);
    expect((await call('GET', `${path}?after=${now.version}&wait=0.05`)).body).toEqual(now);
    const gone = call('GET', `${path}?after=${now.version}&wait=20`);
    await call('GET', path);
    await cloud.delete('Device', 'default', 'led');
    expect(await gone).toMatchObject({ status: 404 });
  });

  test.each([
    ['GET', '/devices/default/none', '', 404, /there is no device "default\/none"/],
    ['GET', '/devices/led', '', 404, /there is no GET \/devices\/led here/],
    ['GET', `${path}?after=x`, '', 400, /after must be a number, not "x"/],
    ['PUT', `${path}/desired/power`, '{bad', 400, /the body is not JSON/],
    ['PUT', `${path}/desired/power`, '{"value":5}', 400, /the body must be \{"value": "<text>"\}/],
    ['PUT', `${path}/desired/colour`, '{"value":""}', 404, /no property "colour"; it has power/],
    ['PUT', '/devices/default/none/desired/power', '{"value":""}', 404, /there is no device/],
  ])('%s %s %s is refused in words', async (method, where, body, status, message) => {
    const answer = await call(method, where, body);
    expect(answer.status).toBe(status);
    expect((answer.body as { error: string }).error).toMatch(message);
  });
});

test('a second cloud in the same directory is refused, and a too long socket path', async () => {
  await expect(startMinicloud({ dataDir })).rejects.toMatchObject({ code: 'ERR_MINICLOUD_START' });
  const long = join(await tempDir(), 'x'.repeat(120));
  await expect(startMinicloud({ dataDir: long })).rejects.toThrow(
    /at most 103 bytes: use a shorter data directory/,
  );
});

test('a pod that runs can change its image, not its command', async () => {
  await cloud.apply(podObject('web'));
  const image = (tag: string) => ({ containers: [{ name: 'main', image: `busybox:${tag}` }] });
  const { metadata } = await cloud.apply(podObject('web', image('2')));
  expect(cloud.get('Pod', 'default', 'web')).toMatchObject({ metadata, spec: image('2') });
  const command = { containers: [{ name: 'main', image: 'busybox:2', command: ['sh'] }] };
  await expect(cloud.apply(podObject('web', command))).rejects.toThrow(/can only change its images/);
});
