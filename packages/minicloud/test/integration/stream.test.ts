import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { eventually } from '@edgecore/testing';
import { encodeTunnelFrame, TunnelFrameType } from '@edgecore/viaduct';
import { expect, test } from '@jest/globals';
import { join } from '../fake-edge.js';
import { readAll, SPDY_LINES } from '../kube-client.js';
import { Lab, PROFILES } from '../lab.js';
import { dial, TunnelEdge } from '../tunnel-edge.js';

const lab = new Lab();
const POD = '/api/v1/namespaces/default/pods/web';
const EXEC = `${POD}/exec?command=cat&stdin=true&stdout=true`;

test('only nodes with a certificate of this cloud get in, by the right path and with a name', async () => {
  const cloud = await lab.start('current');
  const other = await lab.start('current');
  const name = { SessionHostNameOverride: 'edge-1' };
  for (const identity of [undefined, await join(other, 'edge-1')]) {
    const socket = dial(cloud, identity, name);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toMatch(/alert|ECONNRESET|hang up|disconnected/i);
  }
  const identity = await join(cloud, 'edge-1');
  // The other profile's spelling: upstream keeps such a session and never finds it.
  const [code] = await once(dial(cloud, identity, { SessionHostNameOveride: 'edge-1' }), 'close');
  expect(code).toBe(1008);
  expect(cloud.hasTunnel('edge-1')).toBe(false);
});

test.each(PROFILES)(
  '%s: a log comes as it is, whatever is in it, without the client’s secrets',
  async (profile) => {
    const { edge, client } = await lab.streaming(profile);
    const bytes = Buffer.concat([Buffer.from([0xfe, 0xff, 0, 0xc3, 0x28]), randomBytes(100_000)]);
    const opened = client.open(`${POD}/log?tailLines=5&follow=true&timestamps=0`, { Cookie: 'a=b' });
    const { id, type, content } = await edge.session();
    expect(type).toBe(TunnelFrameType.logsConnect);
    expect(content.url).toMatchObject({
      Path: '/containerLogs/default/web/main',
      RawQuery: 'follow=true&tailLines=5',
    });
    expect(JSON.stringify(content)).not.toContain(client.token);
    expect(Object.keys(content.header)).toEqual([]);
    for (let at = 0; at < bytes.length; at += 999) edge.say(id, bytes.subarray(at, at + 999));
    edge.remove(id);
    const received: Buffer[] = [];
    for await (const chunk of await opened) received.push(chunk as Buffer);
    expect(Buffer.concat(received)).toEqual(bytes);
    expect(edge.removes(id)).toBe(0);
  },
);

test('a client that leaves is told to the edge once; what still comes for it is passed over', async () => {
  const { edge, client } = await lab.streaming('current');
  const response = await client.open(`${POD}/log?follow=true`);
  const { id } = await edge.session();
  response.destroy();
  await eventually(() => edge.removes(id) === 1);
  edge.say(id, 'too late');
  edge.remove(id);
  edge.remove(id);

  const stream = await client.stream(EXEC, SPDY_LINES);
  const exec = await edge.session(1);
  edge.say(exec.id, 'HTTP/1.1 101 Switching Protocols\r\n\r\n');
  await eventually(() => stream.received.length > 0);
  stream.socket.write('last words');
  stream.socket.end();
  await eventually(() => edge.removes(exec.id) === 1);
  expect(edge.bytes(exec.id).toString()).toBe('last words');
  expect(edge.removes(id)).toBe(1);
});

test('an edge that vanishes: everybody hears of it at once, and its next tunnel works', async () => {
  const { cloud, edge, client } = await lab.streaming('current');
  const begun = await client.open(`${POD}/log?follow=true`);
  const asking = client.get(`${POD}/log`);
  const stream = await client.stream(EXEC, SPDY_LINES);
  await edge.session(2);
  const exec = edge.asked.find(({ type }) => type === TunnelFrameType.execConnect)!;
  edge.say(exec.id, 'HTTP/1.1 101 Switching Protocols\r\n\r\n');
  await eventually(() => stream.received.length > 0);
  const body = readAll(begun);
  edge.socket.terminate();
  await expect(body).rejects.toThrow('aborted');
  expect(await asking).toMatchObject({
    status: 503,
    problem: { kind: 'Status', reason: 'ServiceUnavailable' },
  });
  await eventually(() => stream.isClosed);

  await eventually(() => !cloud.hasTunnel('edge-1'));
  expect(await client.get(`${POD}/log`)).toMatchObject({
    status: 503,
    problem: {
      message: expect.stringContaining(
        `modules.edgeStream.enable: true and server: 127.0.0.1:${cloud.tunnelPort}`,
      ),
    },
  });
  const again = await TunnelEdge.connect(cloud, 'edge-1');
  const answer = client.get(`${POD}/log`);
  const { id } = await again.session();
  again.say(id, 'back\n');
  again.remove(id);
  expect(await answer).toMatchObject({ status: 200, body: 'back\n' });
  await again.close();
});

test('nonsense from an edge costs nobody anything; a binary message ends its tunnel', async () => {
  const { edge, client } = await lab.streaming('current');
  const response = await client.open(`${POD}/log?follow=true`);
  const { id } = await edge.session();
  for (const frame of [
    '80',
    'ffffffffffffffffffff',
    '',
    '8080808080808080800104',
    '0109',
    'e80703aa',
    'e80704',
  ]) {
    edge.raw(Buffer.from(frame, 'hex'));
  }
  // Types only a cloud sends, for an open session.
  for (const type of [TunnelFrameType.logsConnect, TunnelFrameType.close, 77])
    edge.raw(encodeTunnelFrame(BigInt(id), type));
  edge.say(id, 'still here');
  edge.remove(id);
  expect(await readAll(response)).toBe('still here');
  edge.socket.send(Buffer.from('0103', 'hex'), { binary: true });
  await eventually(() => edge.closeCode === 1003);
});

test('a reader that is stuck holds up nobody and costs no memory; it gets all once it reads', async () => {
  const { edge, client } = await lab.streaming('current');
  const stuck = await client.open(`${POD}/log?follow=true`);
  stuck.pause();
  const { id } = await edge.session();
  const piece = randomBytes(64 * 1024);
  const sent = createHash('sha256');
  const before = process.memoryUsage().rss;
  for (let count = 0; count < 1024; count += 1) {
    edge.say(id, piece);
    sent.update(piece);
    if (count % 64 === 0) await eventually(() => edge.socket.bufferedAmount < 1024 * 1024);
  }
  const quick = client.get(`${POD}/log`);
  const other = await edge.session(1);
  edge.say(other.id, 'quick');
  edge.remove(other.id);
  expect(await quick).toMatchObject({ body: 'quick' });
  // 64 MiB came for it, and this process is the edge and the client as well.
  expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);

  edge.remove(id);
  const received = createHash('sha256');
  for await (const chunk of stuck) received.update(chunk as Buffer);
  expect(received.digest('hex')).toBe(sent.digest('hex'));
});

test('slow readers end when the disk for them is full, and only they', async () => {
  const { edge, client } = await lab.streaming('current', { streamBacklogBytes: 1024 * 1024 });
  const stuck = await client.open(`${POD}/log?follow=true`);
  stuck.pause();
  stuck.on('error', () => {});
  const { id } = await edge.session();
  const piece = Buffer.alloc(256 * 1024);
  for (let count = 0; count < 64 && edge.removes(id) === 0; count += 1) {
    edge.say(id, piece);
    await eventually(() => edge.socket.bufferedAmount === 0);
  }
  await eventually(() => edge.removes(id) === 1);
  const next = client.get(`${POD}/log`);
  const other = await edge.session(1);
  edge.say(other.id, 'next');
  edge.remove(other.id);
  expect(await next).toMatchObject({ body: 'next' });
});

test('a tunnel that gives no sign of life is closed', async () => {
  const { cloud, edge } = await lab.streaming('current', { tunnelSilenceMs: 500 });
  for (let pings = 0; pings < 4; pings += 1) {
    edge.socket.ping('ping you');
    const [payload] = (await once(edge.socket, 'pong')) as [Buffer];
    expect(payload.toString()).toBe('ping you');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(cloud.hasTunnel('edge-1')).toBe(true);
  await eventually(() => edge.closeCode !== undefined && !cloud.hasTunnel('edge-1'));
});

test('today’s cloud writes its port into the node, or gives the tunnel up as the real one does', async () => {
  const { cloud } = await lab.streaming('current', { tunnelAnnounceMs: 300 });
  await eventually(
    () => (cloud.get('Node', '', 'edge-1')!['status'] as { daemonEndpoints: object }).daemonEndpoints,
  );
  await eventually(() =>
    JSON.stringify(cloud.get('Node', '', 'edge-1')).includes('"kubeletEndpoint":{"Port":10351}'),
  );
  const stranger = await TunnelEdge.connect(cloud, 'stranger');
  await eventually(() => stranger.closeCode === 1000);
  expect(stranger.frames.map(({ raw }) => raw.toString('hex'))).toEqual([
    `0005${Buffer.from('failed to Update KubeletEndpoint Port').toString('hex')}`,
  ]);
  const old = await lab.streaming('2020', { tunnelAnnounceMs: 1 });
  expect(JSON.stringify(old.cloud.get('Node', '', 'edge-1'))).not.toContain('10351');
  expect(old.edge.frames).toEqual([]);
});

test('the kubeconfig’s token opens the API; its errors are Status objects that say what is missing', async () => {
  const { cloud, edge, client } = await lab.streaming('current');
  expect(await readFile(cloud.kubeconfig, 'utf8')).toContain(`https://127.0.0.1:${cloud.kubePort}`);
  expect(await client.get('/version', { Authorization: 'Bearer wrong' })).toMatchObject({
    status: 401,
    problem: { kind: 'Status', reason: 'Unauthorized' },
  });
  const bare = await client.stream(
    EXEC,
    [...SPDY_LINES, 'X: y'].map((line) => line),
  );
  bare.socket.destroy();
  await cloud.apply({
    ...JSON.parse('{"apiVersion":"v1","kind":"Pod"}'),
    metadata: { name: 'two' },
    spec: {
      nodeName: 'edge-1',
      containers: [
        { name: 'a', image: 'i' },
        { name: 'b', image: 'i' },
      ],
    },
  });
  await cloud.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'away' },
    spec: { nodeName: 'gone', containers: [{ name: 'a', image: 'i' }] },
  });
  const pods = '/api/v1/namespaces/default/pods';
  const cases: [path: string, status: number, reason: string, message: string, method?: string][] = [
    [`${pods}/none/log`, 404, 'NotFound', 'pods "none" not found'],
    [`${pods}/two/log`, 400, 'BadRequest', 'choose one of: [a b]'],
    [`${pods}/two/log?container=c`, 400, 'BadRequest', 'it has: a, b'],
    [`${pods}/away/log`, 503, 'ServiceUnavailable', 'node gone is not connected'],
    [`${POD}/log?tailLines=-1`, 422, 'Invalid', 'tailLines'],
    [`${POD}/log?tailLines=many`, 400, 'BadRequest', 'tailLines'],
    [`${POD}/log?sinceTime=yesterday`, 400, 'BadRequest', 'sinceTime'],
    [EXEC, 400, 'BadRequest', 'Upgrade request required'],
    [`${pods}?watch=true`, 405, 'MethodNotAllowed', 'watched'],
    [`${pods}?fieldSelector=spec.color%3Dred`, 400, 'BadRequest', 'spec.color'],
    [`${pods}?labelSelector=a%20near%20(b)`, 400, 'BadRequest', 'selector'],
    [POD, 405, 'MethodNotAllowed', 'edgecore cloud apply', 'DELETE'],
    ['/api/v1/nodes/none/proxy/metrics', 404, 'NotFound', 'nodes "none" not found'],
    ['/api/v1/nodes/edge-1/proxy/configz', 404, 'NotFound', 'not carried'],
    ['/api/v1/services', 404, 'NotFound', '/api/v1/services'],
    ['/api/v1/namespaces/%zz/pods', 400, 'BadRequest', 'percent'],
  ];
  for (const [path, status, reason, message, method] of cases) {
    const answer = await client.get(path, {}, method);
    expect({ path, ...answer }).toMatchObject({
      path,
      status,
      problem: { kind: 'Status', reason, message: expect.stringContaining(message) },
    });
  }
  const asked = edge.asked.length;
  const off = client.get(`${POD}/log`);
  const { id } = await edge.session(asked);
  edge.say(id, 'the edge node could not ask its own edged: connect ENOENT /run/edged.sock\n');
  edge.remove(id);
  expect(await off).toMatchObject({ status: 500, problem: { message: expect.stringContaining('ENOENT') } });
  const figures = client.get('/api/v1/nodes/edge-1/proxy/stats/summary?only_cpu_and_memory=true');
  const stats = await edge.session(asked + 1);
  expect(stats.content.url).toMatchObject({ Path: '/stats/summary', RawQuery: 'only_cpu_and_memory=true' });
  edge.say(stats.id, 'no such page');
  edge.remove(stats.id);
  expect(await figures).toMatchObject({
    status: 500,
    problem: { message: expect.stringContaining('no such page') },
  });
});

test('pods and nodes are listed, also by label and field', async () => {
  const { cloud, client } = await lab.streaming('2020');
  await cloud.applyText(
    'apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: other, labels: {app: x}}\nspec: {containers: [{name: c, image: i}]}\n',
  );
  const names = async (path: string) =>
    (JSON.parse((await client.get(path)).body) as { items: { metadata: { name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    );
  expect(await names('/api/v1/pods')).toEqual(['web', 'b']);
  expect(await names('/api/v1/namespaces/other/pods')).toEqual(['b']);
  expect(await names('/api/v1/pods?labelSelector=app%3Dx')).toEqual(['b']);
  expect(await names('/api/v1/pods?labelSelector=app!%3Dx')).toEqual(['web']);
  expect(await names('/api/v1/pods?labelSelector=!app')).toEqual(['web']);
  expect(await names('/api/v1/pods?fieldSelector=metadata.name%3Db,metadata.namespace%3Dother')).toEqual([
    'b',
  ]);
  expect(await names('/api/v1/nodes')).toEqual(['edge-1']);
  expect(JSON.parse((await client.get(POD)).body)).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
  expect(JSON.parse((await client.get('/api/v1/nodes/edge-1')).body)).toMatchObject({ kind: 'Node' });
});
