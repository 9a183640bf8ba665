import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { type LogFn, type Logger, silentLogger } from '@edgecore/api';
import { createMessage, encodeMessage, type Message } from '@edgecore/beehive';
import { freePort } from '@edgecore/testing';
import { createWebSocketTransport, type DialOptions } from '@edgecore/viaduct';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TestCa } from '../pki.js';
import { type RawServer, rawServer } from './raw-server.js';

const PROJECT = 'e632aba927ea4ac2b575ec1603d56f10';
const ca = await TestCa.create();
const [serverCert, clientCert] = await Promise.all([ca.server(), ca.issue()]);

function recordingLogger(): { logger: Logger; told: unknown[][] } {
  const told: unknown[][] = [];
  const debug: LogFn = (...args: unknown[]) => void told.push(args);
  return { logger: { ...silentLogger, debug }, told };
}

let server: RawServer;
const options = (overrides: Partial<DialOptions> = {}): DialOptions => ({
  url: `wss://127.0.0.1:${server.port}/${PROJECT}/edge-01/events`,
  nodeName: 'edge-01',
  projectId: PROJECT,
  tls: { ...clientCert, ca: ca.cert },
  ...overrides,
});

beforeEach(async () => {
  server = await rawServer(serverCert, ca.cert);
});
afterEach(() => server.close());

test('the handshake is the one CloudHub expects', async () => {
  const connection = await createWebSocketTransport().dial(options());
  const [, request] = await server.next();
  expect(request.url).toBe(`/${PROJECT}/edge-01/events`);
  expect(request.headers).toMatchObject({ node_id: 'edge-01', project_id: PROJECT });
  expect(request.headersDistinct['connectionuse']).toEqual(['msg']);
  const names = request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  expect(names).not.toContain('origin');
  expect(names).not.toContain('sec-websocket-protocol');
  expect(names).not.toContain('sec-websocket-extensions');
  expect(request.socket.alpnProtocol).toBe('http/1.1');
  expect(request.socket.getPeerCertificate().subject.CN).toBe('system:node:edge-01');
  await connection.close();
});

test('a frame that comes together with the upgrade answer is not lost', async () => {
  server.https.once('accepted', () =>
    server.next().then(([webSocket]) => webSocket.send(encodeMessage(createMessage({ id: 'early' })))),
  );
  const connection = await createWebSocketTransport().dial(options());
  expect((await connection.messages().next()).value).toMatchObject({ id: 'early' });
  await connection.close();
});

test('a 200 kB message in 4096-byte fragments is one message', async () => {
  const connection = await createWebSocketTransport().dial(options());
  const [webSocket] = await server.next();
  const sent = createMessage<unknown>({ content: 'é'.repeat(100_000) });
  const text = Buffer.from(`${encodeMessage(sent)}\n`);
  for (let at = 0; at < text.length; at += 4096) {
    const fin = at + 4096 >= text.length;
    webSocket.send(text.subarray(at, at + 4096), { binary: false, fin });
  }
  expect((await connection.messages().next()).value).toEqual(sent);
  await connection.close();
});

test('what a Go server writes above 8 KiB, one unfinished frame and an empty last one, is one message', async () => {
  const connection = await createWebSocketTransport().dial(options());
  const [webSocket] = await server.next();
  const sent = createMessage<unknown>({ content: 'x'.repeat(9000) });
  webSocket.send(`${encodeMessage(sent)}\n`, { binary: false, fin: false });
  webSocket.send('', { binary: false, fin: true });
  const after = createMessage({ id: 'after' });
  webSocket.send(encodeMessage(after));
  const incoming = connection.messages();
  expect((await incoming.next()).value).toEqual(sent);
  expect((await incoming.next()).value).toEqual(after);
  await connection.close();
});

test('binary frames are read, text frames are written', async () => {
  const connection = await createWebSocketTransport().dial(options());
  const [webSocket] = await server.next();
  webSocket.send(Buffer.from(encodeMessage(createMessage({ id: 'b' }))), { binary: true });
  expect((await connection.messages().next()).value).toMatchObject({ id: 'b' });
  const frame = once(webSocket, 'message') as Promise<[Buffer, boolean]>;
  await connection.send(createMessage());
  expect((await frame)[1]).toBe(false);
  await connection.close();
});

test('a 2020 peer with stale fields reads every field right (ack, keepalive, query)', async () => {
  const connection = await createWebSocketTransport().dial(options());
  const [webSocket] = await server.next();
  // Go decodes into one reused struct: an absent key keeps the value of the frame before.
  const state: { header: Record<string, unknown>; route: Record<string, unknown>; content?: unknown } = {
    header: {},
    route: {},
  };
  const seen: unknown[] = [];
  webSocket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as typeof state;
    Object.assign(state.header, frame.header);
    Object.assign(state.route, frame.route);
    if ('content' in frame) state.content = frame.content;
    const { parent_msg_id, resourceversion } = state.header;
    seen.push([
      parent_msg_id,
      resourceversion,
      state.route['operation'],
      state.route['source'],
      state.content,
    ]);
  });
  await connection.send(
    createMessage<unknown>({ parentId: 'm1', source: 'c', operation: 'response', content: 'OK' }),
  );
  await connection.send(
    createMessage<unknown>({ source: 'websocket', operation: 'keepalive', content: 'ping' }),
  );
  await connection.send(createMessage({ operation: 'query' }));
  await connection.close();
  expect(seen).toEqual([
    ['m1', '', 'response', 'c', 'OK'],
    ['', '', 'keepalive', 'websocket', 'ping'],
    ['', '', 'query', '', null],
  ]);
});

describe('broken input', () => {
  test.each([
    ['no JSON', '{"header":', 1007],
    ['an empty frame', '', 1007],
    ['a field of the wrong type', '{"header":{"timestamp":"x"}}', 1003],
    ['JSON that is no object', '[1]', 1003],
  ])('%s closes the connection, with the frame in the debug log', async (_what, frame, code) => {
    const { logger, told } = recordingLogger();
    const connection = await createWebSocketTransport({ logger }).dial(options());
    const [webSocket] = await server.next();
    const closed = once(webSocket, 'close');
    const reading = connection.messages().next();
    webSocket.send(frame);
    expect(await connection.closed).toMatchObject({ code, error: { code: 'ERR_MALFORMED_MESSAGE' } });
    expect((await closed)[0]).toBe(code);
    expect((await reading).done).toBe(true);
    expect(told).toEqual([
      [expect.objectContaining({ excerpt: frame, frame: 1 }), expect.stringContaining('malformed message')],
    ]);
  });

  test('a frame that breaks the WebSocket protocol closes the connection', async () => {
    const connection = await createWebSocketTransport().dial(options());
    const [, request] = await server.next();
    request.socket.write(Buffer.of(0xf1, 0x01, 0x00));
    expect(await connection.closed).toMatchObject({
      code: 1002,
      error: { code: expect.stringMatching(/^WS_ERR/) },
    });
  });

  test('a message over the limit closes with 1009 and names limit and server', async () => {
    const connection = await createWebSocketTransport().dial(options({ maxMessageBytes: 5000 }));
    const [webSocket] = await server.next();
    webSocket.send('x'.repeat(5001));
    const info = await connection.closed;
    expect(info.code).toBe(1009);
    expect(info.error?.message).toMatch(
      /127\.0\.0\.1:\d+ sent a message larger than the limit of 5000 bytes/,
    );
  });
});

describe('the end of a link', () => {
  test('a peer that vanishes ends the connection with 1006', async () => {
    const connection = await createWebSocketTransport().dial(options());
    const [webSocket] = await server.next();
    const reading = connection.messages().next();
    webSocket.terminate();
    expect(await connection.closed).toMatchObject({ code: 1006 });
    expect((await reading).done).toBe(true);
    await expect(connection.send(createMessage())).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
  });

  test('a half-open link is found by the missing pong', async () => {
    const limits = { pingIntervalMs: 40, livenessTimeoutMs: 200 };
    const connection = await createWebSocketTransport().dial(options(limits));
    const [, request] = await server.next();
    request.socket.pause();
    const reading = connection.messages().next();
    expect(await connection.closed).toMatchObject({ code: 1006, error: { code: 'ERR_LIVENESS_TIMEOUT' } });
    expect((await reading).done).toBe(true);
  });

  test('pongs keep a silent link alive', async () => {
    const limits = { pingIntervalMs: 40, livenessTimeoutMs: 200 };
    const connection = await createWebSocketTransport().dial(options(limits));
    const [webSocket] = await server.next();
    let pings = 0;
    webSocket.on('ping', () => pings++);
    let open = true;
    void connection.closed.then(() => (open = false));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(open).toBe(true);
    expect(pings).toBeGreaterThan(5);
    await connection.close();
  });

  test('a consumer slower than the liveness timeout does not lose the link', async () => {
    const limits = { pingIntervalMs: 40, livenessTimeoutMs: 150 };
    const connection = await createWebSocketTransport().dial(options(limits));
    const [webSocket] = await server.next();
    const total = 400;
    for (let index = 0; index < total; index++) {
      webSocket.send(
        encodeMessage(createMessage<unknown>({ id: String(index), content: 'x'.repeat(20_000) })),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    const ids: string[] = [];
    for await (const message of connection.messages()) {
      ids.push(message.id);
      if (ids.length === total) break;
    }
    expect(ids).toEqual(Array.from({ length: total }, (_, index) => String(index)));
    await connection.close();
  });

  test('a peer that ignores the close frame is cut off after two seconds', async () => {
    const connection = await createWebSocketTransport().dial(options());
    const [, request] = await server.next();
    request.socket.pause();
    const begin = Date.now();
    await connection.close();
    expect(Date.now() - begin).toBeLessThan(4000);
  });
});

describe('dial errors', () => {
  test('nobody listens', async () => {
    const port = await freePort();
    const dialling = createWebSocketTransport().dial(options({ url: `wss://127.0.0.1:${port}/p/n/events` }));
    await expect(dialling).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED`)),
    });
  });

  test.each([
    ['301 Moved Permanently', 'moved', /HTTP 301 Moved Permanently to \/clean: moved$/],
    ['403 Forbidden', 'foreign origin', /HTTP 403 Forbidden to \/clean: foreign origin$/],
    ['502 Bad Gateway', 'b'.repeat(300), /HTTP 502 Bad Gateway to \/clean: b{200}$/],
  ])('status %s is told with the start of the body', async (status, body, message) => {
    server.https.removeAllListeners('upgrade');
    server.https.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${status}\r\nLocation: /clean\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    const dialling = createWebSocketTransport().dial(options());
    await expect(dialling).rejects.toMatchObject({
      code: 'ERR_DIAL',
      kind: 'http',
      status: Number.parseInt(status, 10),
      message: expect.stringMatching(message),
    });
  });

  test('a server that never answers runs into the handshake timeout, and a caller may cancel', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const url = `wss://127.0.0.1:${(mute.address() as AddressInfo).port}/p/n/events`;
    const dialling = createWebSocketTransport().dial(options({ url, handshakeTimeoutMs: 80 }));
    await expect(dialling).rejects.toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('80 ms'),
    });
    const controller = new AbortController();
    const cancelled = createWebSocketTransport().dial(options({ url, signal: controller.signal }));
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ kind: 'aborted' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  test('an upgrade that never comes runs into the handshake timeout', async () => {
    server.https.removeAllListeners('upgrade');
    server.https.on('upgrade', () => {});
    const dialling = createWebSocketTransport().dial(options({ handshakeTimeoutMs: 150 }));
    await expect(dialling).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('wss without certificates and nonsense are refused before dialling', async () => {
    const { tls: _tls, ...plain } = options();
    await expect(createWebSocketTransport().dial(plain)).rejects.toThrow(/client certificate/);
    const nonsense = createWebSocketTransport().dial(options({ url: 'nonsense' }));
    await expect(nonsense).rejects.toThrow(/not a URL/);
  });
});

test('messages are written in the order of the calls', async () => {
  const connection = await createWebSocketTransport().dial(options());
  const [webSocket] = await server.next();
  const ids: string[] = [];
  webSocket.on('message', (data) =>
    ids.push((JSON.parse(String(data)) as { header: { msg_id: string } }).header.msg_id),
  );
  const messages: Message[] = Array.from({ length: 50 }, (_, index) => createMessage({ id: `m${index}` }));
  await Promise.all(messages.map((message) => connection.send(message)));
  await connection.close();
  expect(ids).toEqual(messages.map(({ id }) => id));
});
