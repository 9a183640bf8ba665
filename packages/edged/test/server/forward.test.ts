import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { eventually } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ServerFixture } from '../support/server-fixture.js';
import { SpdyClient } from '../support/spdy-client.js';
import { WsClient } from '../support/ws-client.js';

describe('port-forward', () => {
  let fixture: ServerFixture;
  let service: Server;
  let port: number;

  beforeAll(async () => {
    fixture = await ServerFixture.start({ streamsTimeoutMs: 200 });
    await fixture.run('sleep 600');
    // Pods of this runtime share the network of the machine: what listens here listens in the pod.
    service = createServer({ allowHalfOpen: true }, (socket) => {
      const parts: Buffer[] = [];
      socket.on('data', (data) => parts.push(data));
      socket.on('end', () => socket.end(`echo ${Buffer.concat(parts).toString()}`));
      socket.on('error', () => {});
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    port = (service.address() as { port: number }).port;
  });
  afterAll(async () => {
    service.close();
    await fixture.close();
  });

  const open = () =>
    SpdyClient.open({ port: fixture.port }, '/portForward/default/p', ['portforward.k8s.io']);

  test('pairs of streams are connections, with or without an id', async () => {
    const client = await open();
    expect(client.head).toContain('X-Stream-Protocol-Version: portforward.k8s.io');
    await client.stream('error', { port: String(port), requestid: '7' });
    await client.stream('data', { port: String(port), requestid: '7' });
    await client.send('data', Buffer.from('one'), { fin: true });
    await eventually(() => client.text('data') === 'echo one');
    await eventually(() => client.heard.includes('fin data') && client.heard.includes('fin error'));
    client.socket.destroy();
    const old = await open();
    await old.stream('error', { port: String(port) });
    await old.stream('data', { port: String(port) });
    await old.send('data', Buffer.from('two'), { fin: true });
    await eventually(() => old.text('data') === 'echo two');
    old.socket.destroy();
  });

  test('a port nobody listens on is told on the error stream; the connection stays', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = (closed.address() as { port: number }).port;
    closed.close();
    const client = await open();
    await client.stream('error', { port: String(free), requestid: '1' });
    await client.stream('data', { port: String(free), requestid: '1' });
    await eventually(() =>
      client.text('error').startsWith(`error forwarding port ${free} to pod p_default, uid `),
    );
    expect(client.text('error')).toContain('ECONNREFUSED');
    expect(client.closed).toBe(false);
    client.socket.destroy();
  });

  test.each(['0', '65536', 'http', ''])('port "%s" is reset', async (bad) => {
    const client = await open();
    await client.stream('error', { port: bad, requestid: '1' });
    expect(client.heard).toContain('reset error 5');
    client.socket.destroy();
  });

  test('half of a pair is reset after a while', async () => {
    const client = await open();
    await client.stream('data', { port: String(port), requestid: '1' });
    await eventually(() => client.heard.includes('reset data 5'));
    client.socket.destroy();
  });

  test('over a WebSocket: two channels for each port', async () => {
    const client = await WsClient.open(
      fixture.port,
      `/portForward/default/p?port=${port},${port}`,
      'v4.channel.k8s.io',
    );
    await eventually(() => [0, 1, 2, 3].every((channel) => client.output.get(channel)));
    for (const channel of [0, 1, 2, 3]) {
      expect(client.output.get(channel)![0]!.readUInt16LE()).toBe(port);
      client.output.delete(channel);
    }
    await client.send(2, 'x');
    client.socket.close();
    await client.end();
    await expect(
      WsClient.open(fixture.port, '/portForward/default/p?port=99999', 'v4.channel.k8s.io'),
    ).rejects.toThrow('400');
  });

  test('a client that vanishes closes its connections', async () => {
    const closed = new Promise((resolve) =>
      service.once('connection', (socket) => socket.once('close', resolve)),
    );
    const client = await open();
    await client.stream('error', { port: String(port), requestid: '1' });
    await client.stream('data', { port: String(port), requestid: '1' });
    await client.send('data', Buffer.from('x'));
    client.socket.destroy();
    await closed;
  });
});
