import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createBus } from '@edgecore/beehive';
import { EdgeStream, type EdgeStreamOptions } from '@edgecore/edgestream';
import { eventually, golden } from '@edgecore/testing';
import { encodeTunnelFrame, TunnelFrameType } from '@edgecore/viaduct';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { certificates, type Files, TunnelServer } from './support/tunnel-server.js';

describe('the stream tunnel', () => {
  let files: Files;
  let cloud: TunnelServer;
  let port: number;
  let edged: Server;
  let edgedPort: number;
  let stop: () => Promise<unknown>;
  let stream: EdgeStream;
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const all: Socket[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    files = await certificates();
    edged = createHttpServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    edged.on('connection', (socket) => {
      sockets.add(socket);
      all.push(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    // An upgraded connection echoes.
    edged.on('upgrade', (request, socket, head) => {
      requests.push(request);
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.write(head);
      if (request.url?.includes('late')) setTimeout(() => socket.pipe(socket), 500);
      else if (!request.url?.includes('deaf')) socket.pipe(socket);
    });
    edged.listen(0, '127.0.0.1');
    await once(edged, 'listening');
    edgedPort = (edged.address() as AddressInfo).port;
  });
  afterAll(() => {
    for (const socket of all) socket.destroy();
    edged.close();
  });

  async function start(more: Partial<EdgeStreamOptions> = {}) {
    stream = new EdgeStream({
      server: `127.0.0.1:${port}`,
      nodeName: 'edge-2020',
      nodeIp: () => '10.77.0.11',
      tls: files,
      edged: { host: '127.0.0.1', port: edgedPort },
      retryMs: 100,
      pingMs: 100,
      ...more,
    });
    const bus = createBus();
    bus.add(stream);
    bus.start();
    stop = () => bus.stop();
    if (!more.edged && !more.tls) await eventually(() => cloud.handshakes.length > 0);
  }

  beforeEach(async () => {
    requests.length = 0;
    sockets.clear();
    answer = (_request, response) => response.end('ok');
    cloud = new TunnelServer(files);
    port = await cloud.listen();
  });
  afterEach(async () => {
    await stop();
    await cloud.close();
  });

  test('shakes hands as both clouds want it, and pings', async () => {
    await start();
    const [{ url, headers }] = cloud.handshakes as [IncomingMessage];
    expect(url).toBe('/v1/kubeedge/connect');
    expect(headers).toMatchObject({
      sessionhostnameoveride: 'edge-2020',
      sessionhostnameoverride: 'edge-2020',
      sessioninternalip: '10.77.0.11',
    });
    expect(headers.origin).toBeUndefined();
    expect(headers['sec-websocket-extensions']).toBeUndefined();
    await eventually(() => cloud.pings.length > 1);
    expect(cloud.pings[0]).toBe('ping you');
  });

  test.each([
    ['2020', 'stream-logs.jsonl'],
    ['v1.23', 'stream-logs.jsonl'],
    ['v1.23', 'stream-logs-unknown-container.jsonl'],
    ['v1.23', 'stream-metrics.jsonl'],
  ] as const)(
    'the recorded session %s/%s is answered with the same bytes and one remove',
    async (from, file) => {
      interface Recorded {
        readonly connectID: number;
        readonly messageType: number;
      }
      const lines = golden(from, file).filter(({ kind }) => kind === 'text');
      const frames = lines.map((line) => ({ ...line, tunnel: line['tunnel'] as Recorded }));
      const started = frames.filter(
        ({ dir, tunnel }) => dir === 'down' && tunnel.messageType !== TunnelFrameType.removeConnect,
      );
      const said = (id: number) =>
        frames
          .filter(({ dir, tunnel }) => dir === 'up' && tunnel.connectID === id && tunnel.messageType === 3)
          .map(({ raw }) => Buffer.from(raw!, 'hex').subarray(2));
      let current: Buffer[] = [];
      answer = (_request, response) => {
        for (const part of current) response.write(part);
        response.end();
      };
      await start();
      for (const { raw, tunnel } of started) {
        current = said(tunnel.connectID);
        cloud.send(Buffer.from(raw!, 'hex'));
        await cloud.ended(tunnel.connectID);
        expect(cloud.data(tunnel.connectID)).toEqual(Buffer.concat(current));
        expect(cloud.removes(tunnel.connectID)).toBe(1);
        expect(requests.at(-1)!.headers).toMatchObject({ host: '127.0.0.1', 'accept-encoding': 'identity' });
      }
      expect(started.length).toBeGreaterThan(0);
    },
  );

  test('the recorded exec reaches edged byte for byte, whatever is in it', async () => {
    await start();
    const lines = golden('v1.23', 'stream-exec.jsonl').filter(({ kind }) => kind === 'text');
    const isFirst = ({ tunnel }: Record<string, unknown>) =>
      (tunnel as { connectID: number }).connectID === 3;
    const down = lines
      .filter((line) => line.dir === 'down' && isFirst(line))
      .map(({ raw }) => Buffer.from(raw!, 'hex'));
    const data = down.filter((frame) => frame[1] === TunnelFrameType.data).map((frame) => frame.subarray(2));
    // Bytes come right behind the request: none may be lost.
    for (const frame of down.filter((one) => one[1] !== TunnelFrameType.removeConnect)) cloud.send(frame);
    const all = Buffer.concat([Buffer.from('HTTP/1.1 101 Switching Protocols\r\n\r\n'), ...data]);
    await eventually(() => cloud.data(3).length === all.length);
    expect(cloud.data(3)).toEqual(all);
    expect(requests[0]).toMatchObject({ method: 'POST' });
    expect(requests[0]!.headers['x-stream-protocol-version']).toContain('v4.channel.k8s.io');
    cloud.send(encodeTunnelFrame(3n, TunnelFrameType.removeConnect));
    await cloud.ended(3);
    for (let count = 0; count < 1000; count++)
      cloud.send(encodeTunnelFrame(3n, TunnelFrameType.removeConnect));
    cloud.connect(4, TunnelFrameType.logsConnect, '/containerLogs/a/b/c');
    await cloud.ended(4);
    expect(cloud.removes(3)).toBe(1);
  });

  test('only edged is asked, and only for what it shows', async () => {
    await start();
    for (const [id, path] of [
      [1, '/etc/passwd'],
      [2, '/run/x'],
      [3, '/exec/../pods'],
    ] as const) {
      cloud.connect(id, TunnelFrameType.logsConnect, path);
      await cloud.ended(id);
      expect(cloud.data(id).toString()).toContain('is not served through the tunnel');
    }
    expect(requests).toEqual([]);
    cloud.connect(4, TunnelFrameType.metricConnect, '/stats/summary', {}, 'a=%20b');
    await cloud.ended(4);
    expect(requests[0]!.url).toBe('/stats/summary?a=%20b');
    cloud.send(Buffer.concat([encodeTunnelFrame(5n, TunnelFrameType.logsConnect), Buffer.from('{nonsense')]));
    await cloud.ended(5);
  });

  test('broken frames, unknown types and ids change nothing', async () => {
    await start();
    for (const hex of ['80', 'ffffffffffffffffffff', '017f', '6303414141', '6304', '0009'])
      cloud.send(Buffer.from(hex, 'hex'));
    cloud.connect(7, TunnelFrameType.logsConnect, '/containerLogs/a/b/c');
    await cloud.ended(7);
    expect(cloud.data(7).toString()).toBe('ok');
    expect(cloud.handshakes).toHaveLength(1);
  });

  test('20 MiB and a line of 200 KiB arrive whole, in frames of at most 32 KiB', async () => {
    const body = randomBytes(20 * 1024 * 1024);
    answer = (_request, response) => response.end(body);
    await start();
    cloud.connect(1, TunnelFrameType.logsConnect, '/containerLogs/a/b/c');
    await cloud.ended(1);
    expect(cloud.data(1).equals(body)).toBe(true);
    expect(Math.max(...cloud.frames.map(({ length }) => length))).toBeLessThanOrEqual(32 * 1024 + 2);
  });

  test('50 streams at once stay apart; one whose input nobody reads ends alone, and the others go on', async () => {
    await start();
    const header = { Connection: ['Upgrade'], Upgrade: ['SPDY/3.1'] };
    cloud.connect(99, TunnelFrameType.execConnect, '/exec/deaf/b/c', { header, method: 'POST' });
    const bodies = new Map(Array.from({ length: 50 }, (_, index) => [index + 1, randomBytes(256 * 1024)]));
    for (const id of bodies.keys())
      cloud.connect(id, TunnelFrameType.execConnect, '/exec/a/b/c', { header, method: 'POST' });
    for (let at = 0; at < 256; at += 16) {
      cloud.send(encodeTunnelFrame(99n, TunnelFrameType.data, Buffer.alloc(1024 * 1024)));
      for (const [id, body] of bodies) {
        cloud.send(
          encodeTunnelFrame(BigInt(id), TunnelFrameType.data, body.subarray(at * 1024, (at + 16) * 1024)),
        );
      }
    }
    const head = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'.length;
    for (const [id, body] of bodies) {
      await eventually(() => cloud.data(id).length === head + body.length, { timeoutMs: 20_000 });
      expect(cloud.data(id).subarray(head).equals(body)).toBe(true);
    }
    expect(cloud.removes(99)).toBe(1);
    expect(stream.stats()).toEqual({ connected: true, sessions: 50 });
  });

  test('input that comes before edged is ready for it waits, whole and in order', async () => {
    await start();
    const body = randomBytes(8 * 1024 * 1024);
    const header = { Connection: ['Upgrade'], Upgrade: ['SPDY/3.1'] };
    cloud.connect(1, TunnelFrameType.execConnect, '/exec/late/b/c', { header, method: 'POST' });
    for (let at = 0; at < body.length; at += 32 * 1024)
      cloud.send(encodeTunnelFrame(1n, TunnelFrameType.data, body.subarray(at, at + 32 * 1024)));
    const head = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'.length;
    await eventually(() => cloud.data(1).length === head + body.length, { timeoutMs: 20_000 });
    expect(cloud.data(1).subarray(head).equals(body)).toBe(true);
    expect(cloud.removes(1)).toBe(0);
  });

  test("the cloud's remove ends the request at once; nothing is said after it", async () => {
    answer = (_request, response) => void response.write('first\n');
    await start();
    cloud.connect(1, TunnelFrameType.logsConnect, '/containerLogs/a/b/c', {}, 'follow=true');
    await eventually(() => cloud.data(1).toString() === 'first\n');
    const open = sockets.size;
    cloud.send(encodeTunnelFrame(1n, TunnelFrameType.removeConnect));
    await cloud.ended(1);
    await eventually(() => sockets.size < open);
    expect(cloud.of(1).map(({ type }) => type)).toEqual([3n, 4n]);
  });

  test('a lost tunnel ends every session and is dialled again; so is one the cloud gives up', async () => {
    answer = (_request, response) => void response.write('x');
    await start();
    const header = { Connection: ['Upgrade'], Upgrade: ['SPDY/3.1'] };
    for (const id of [1, 2, 3]) cloud.connect(id, TunnelFrameType.execConnect, '/exec/a/b/c', { header });
    for (const id of [4, 5]) cloud.connect(id, TunnelFrameType.logsConnect, '/containerLogs/a/b/c');
    await eventually(() => sockets.size === 5);
    cloud.socket!.terminate();
    await eventually(() => sockets.size === 0);
    await eventually(() => cloud.handshakes.length === 2);
    cloud.send(Buffer.from('00056661696c6564', 'hex'));
    await eventually(() => cloud.handshakes.length === 3);
  });

  test('an edged that is away is told; a stop says goodbye', async () => {
    const away = createServer().listen(0, '127.0.0.1');
    await once(away, 'listening');
    const { port: free } = away.address() as AddressInfo;
    away.close();
    await start({ edged: { host: '127.0.0.1', port: free } });
    await eventually(() => cloud.handshakes.length > 0);
    cloud.connect(1, TunnelFrameType.logsConnect, '/containerLogs/a/b/c');
    await cloud.ended(1);
    expect(cloud.data(1).toString()).toMatch(/could not ask its own edged: .*ECONNREFUSED/);
    cloud.connect(2, TunnelFrameType.execConnect, '/exec/a/b/c');
    await cloud.ended(2);
    expect(cloud.data(2).toString()).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/);
    const closed = once(cloud.socket!, 'close');
    await stop();
    expect((await closed)[0]).toBe(1000);
  });

  test('silence after a sign of life ends the tunnel; without a certificate it waits and says so', async () => {
    await start({ silenceMs: 300 });
    await eventually(() => cloud.pings.length > 0);
    cloud.socket!.pause();
    await eventually(() => cloud.handshakes.length > 1);
    await stop();
    await start({ tls: { ...files, certFile: '/nonexistent' } });
    await eventually(() => /has no certificate yet/.test((stream.health() as { reason: string }).reason));
  });
});
