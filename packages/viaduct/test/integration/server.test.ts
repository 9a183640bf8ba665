import { once } from 'node:events';
import { request } from 'node:https';
import { createMessage, encodeMessage } from '@edgecore/beehive';
import { type Connection, createWebSocketServer, type TransportServer } from '@edgecore/viaduct';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { TestCa } from '../pki.js';

const ca = await TestCa.create();
const [serverCert, clientCert] = await Promise.all([ca.server(), ca.issue()]);

let server: TransportServer;
const clients: WebSocket[] = [];
beforeEach(async () => {
  server = await createWebSocketServer({
    tls: { ...serverCert, ca: ca.cert },
    fragmentation: 'go',
    unreadTimeoutMs: 150,
    maxPendingConnections: 2,
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await server.close();
});

/** A client of the `ws` library, as a witness: not our code. */
function client(headers: Record<string, string | string[]>, path = '/any/path', options = {}): WebSocket {
  const webSocket = new WebSocket(`wss://127.0.0.1:${server.address.port}${path}`, {
    ...clientCert,
    rejectUnauthorized: false,
    headers,
    ...options,
  });
  webSocket.on('error', () => {});
  clients.push(webSocket);
  return webSocket;
}

const IDENTITY = { Node_id: 'edge-01', Project_id: 'p', Connectionuse: 'msg' };

test('shows headers, first value first, and the client certificate', async () => {
  client({ ...IDENTITY, Connectionuse: ['msg', 'msg', 'str'] });
  const { value } = await server.connections().next();
  const connection = value as Connection;
  expect(connection.headers).toMatchObject({ node_id: 'edge-01', project_id: 'p', connectionuse: 'msg' });
  expect(connection.peerCertificate).toMatchObject({
    commonName: 'system:node:edge-01',
    organization: 'system:nodes',
    der: expect.any(Uint8Array),
  });
});

test('without ConnectionUse: msg the upgrade succeeds, nothing is read, and the link ends after a while', async () => {
  const mute = client({ Node_id: 'edge-01' });
  await once(mute, 'open');
  mute.send(encodeMessage(createMessage()));
  const begin = Date.now();
  await once(mute, 'close');
  expect(Date.now() - begin).toBeGreaterThan(100);
  client(IDENTITY);
  const { value } = await server.connections().next();
  expect((value as Connection).headers['connectionuse']).toBe('msg');
});

test('permessage-deflate is not negotiated', async () => {
  const webSocket = client(IDENTITY, '/', { perMessageDeflate: true });
  await once(webSocket, 'open');
  expect(webSocket.extensions).toBe('');
});

test.each<[string, number, Record<string, string>, string]>([
  ['a foreign Origin', 403, { ...IDENTITY, Origin: 'https://evil.example' }, '/'],
  ['an unclean path', 301, IDENTITY, '//edge-01/events'],
])('%s gets %d', async (_what, status, headers, path) => {
  const webSocket = client(headers, path);
  const [, response] = await once(webSocket, 'unexpected-response');
  expect(response.statusCode).toBe(status);
  if (status === 301) expect(response.headers.location).toBe('/edge-01/events');
});

test('a plain request gets 400', async () => {
  const response = await new Promise<number | undefined>((resolve, reject) => {
    const { port } = server.address;
    const plain = request(
      { host: '127.0.0.1', port, path: '/', ...clientCert, rejectUnauthorized: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    plain.on('error', reject).end();
  });
  expect(response).toBe(400);
});

test('too many connections nobody takes get 503', async () => {
  await Promise.all([once(client(IDENTITY), 'open'), once(client(IDENTITY), 'open')]);
  const third = client(IDENTITY);
  const [, response] = await once(third, 'unexpected-response');
  expect(response.statusCode).toBe(503);
});

describe('client certificates', () => {
  test('none or one of another CA is refused in TLS', async () => {
    const foreign = await (await TestCa.create('CN=Other')).issue();
    for (const tls of [{ cert: undefined, key: undefined }, foreign]) {
      const webSocket = client(IDENTITY, '/', tls);
      const [error] = await once(webSocket, 'error');
      expect(String(error.code ?? error.message)).toMatch(/ALERT|ECONNRESET|EPIPE|hang up/);
    }
  });

  test('a server certificate of the same CA is no client certificate', async () => {
    const webSocket = client(IDENTITY, '/', serverCert);
    const [error] = await once(webSocket, 'error');
    expect(String(error.code ?? error.message)).toMatch(/ALERT|ECONNRESET|EPIPE|hang up/);
  });
});

test.each([100, 4095, 4096, 5000, 9000, 200_000])(
  'a message of about %d bytes leaves in fragments like a Go server’s',
  async (size) => {
    const webSocket = client(IDENTITY);
    const { value } = await server.connections().next();
    const received = once(webSocket, 'message');
    const message = createMessage<unknown>({ content: 'x'.repeat(size) });
    await (value as Connection).send(message);
    const [data, isBinary] = await received;
    expect(isBinary).toBe(false);
    expect(String(data)).toBe(`${encodeMessage(message)}\n`);
  },
);
