import { once } from 'node:events';
import { createServer } from 'node:http2';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { callUnaryBytes, framed, GrpcConnection } from '@edgecore/grpc';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { atEnd } from './support.js';

const call = (socketPath: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  callUnaryBytes({ socketPath }, '/test.Service/Method', Buffer.from('request'), {
    timeoutMs: 2000,
    maxAnswerBytes: 100,
    ...options,
  });
const status = (code: number) => expect.objectContaining({ code: 'ERR_GRPC_STATUS', status: code });

/** A server that answers any way. */
async function answering(
  headers: Record<string, string | number>,
  body: Buffer = Buffer.alloc(0),
  trailers?: Record<string, string>,
): Promise<string> {
  const path = join(await tempDir(), 's');
  const server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.respond(headers, { waitForTrailers: trailers !== undefined });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
    stream.end(body);
  });
  server.listen(path);
  await once(server, 'listening');
  atEnd(() => server.close());
  return path;
}

const GRPC = { ':status': 200, 'content-type': 'application/grpc' };

describe('a call', () => {
  test('has the answer’s message', async () => {
    const path = await answering(GRPC, framed(Buffer.from('answer')), { 'grpc-status': '0' });
    expect((await call(path)).toString()).toBe('answer');
  });

  const answers: [string, Parameters<typeof answering>, number, string][] = [
    ['a status in the headers', [{ ...GRPC, 'grpc-status': '5', 'grpc-message': 'who%3F' }], 5, 'who?'],
    ['a status in the trailers', [GRPC, framed(Buffer.alloc(0)), { 'grpc-status': '99' }], 99, ''],
    [
      'no status',
      [GRPC, framed(Buffer.alloc(0)), {}],
      13,
      'server closed the stream without sending trailers',
    ],
    ['404 of HTTP', [{ ':status': 404 }], 12, 'unexpected HTTP status code received from server: 404'],
    ['503 of HTTP', [{ ':status': 503 }], 14, 'unexpected HTTP status code received from server: 503'],
    ['500 of HTTP', [{ ':status': 500 }], 2, 'unexpected HTTP status code received from server: 500'],
    ['a status that is no number', [{ ...GRPC, 'grpc-status': 'x' }], 2, ''],
    ['no message', [GRPC, Buffer.alloc(0), { 'grpc-status': '0' }], 12, 'no message came'],
    ['a cut message', [GRPC, Buffer.from([0, 0, 0, 0, 9]), { 'grpc-status': '0' }], 13, 'the message is cut'],
    [
      'too long a message',
      [GRPC, framed(Buffer.alloc(101)), { 'grpc-status': '0' }],
      8,
      'the message has 101 bytes',
    ],
    ['a compressed message', [GRPC, Buffer.from([1, 0, 0, 0, 0]), { 'grpc-status': '0' }], 12, 'compressed'],
  ];
  test.each(answers)('answered with %s fails', async (_, answer, code, text) => {
    const result = call(await answering(...answer));
    await expect(result).rejects.toEqual(status(code));
    await expect(result).rejects.toThrow(text);
  });

  test.each(['/nowhere', '', '22', `/${'x'.repeat(1000)}`, 'a\0b', '/', '/dev/null'])(
    'to %j is UNAVAILABLE',
    async (path) => {
      await expect(call(path)).rejects.toEqual(status(14));
    },
  );

  test('to something that is not gRPC, or hangs up, is UNAVAILABLE', async () => {
    for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
      const path = join(await tempDir(), 's');
      const server = createSocketServer((socket) => {
        socket.on('error', () => {});
        socket.end(answer);
      }).listen(path);
      await once(server, 'listening');
      atEnd(() => server.close());
      await expect(call(path)).rejects.toEqual(status(14));
    }
  });

  test('that gets no answer has a deadline, or is given up', async () => {
    const path = join(await tempDir(), 's');
    const server = createSocketServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
    }).listen(path);
    await once(server, 'listening');
    atEnd(() => server.close());
    await expect(call(path, { timeoutMs: 30 })).rejects.toEqual(status(4));
    const controller = new AbortController();
    const given = call(path, { signal: controller.signal });
    controller.abort();
    await expect(given).rejects.toEqual(status(1));
    await expect(call(path, { signal: controller.signal })).rejects.toEqual(status(1));
  });

  test('is UNAVAILABLE when the connection is lost in the middle of the answer', async () => {
    const path = join(await tempDir(), 's');
    const server = createServer();
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.respond(GRPC);
      stream.write(framed(Buffer.from('answer')).subarray(0, 8));
      stream.once('data', () => stream.session?.destroy());
    });
    server.listen(path);
    await once(server, 'listening');
    atEnd(() => server.close());
    await expect(call(path)).rejects.toEqual(status(14));
  });

  test('leaves the connection to others when it is given up', async () => {
    const path = join(await tempDir(), 's');
    const server = createServer();
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      if (headers[':path'] === '/hang') return;
      stream.respond(GRPC, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(framed(Buffer.from('answer')));
    });
    server.listen(path);
    await once(server, 'listening');
    const connection = await GrpcConnection.open({ socketPath: path });
    atEnd(() => server.close());
    atEnd(() => connection.close());
    await expect(connection.callBytes('/hang', Buffer.alloc(0), { timeoutMs: 30 })).rejects.toEqual(
      status(4),
    );
    expect((await connection.callBytes('/answer', Buffer.alloc(0))).toString()).toBe('answer');
    const hanging = connection.callBytes('/hang', Buffer.alloc(0));
    connection.close();
    await expect(hanging).rejects.toEqual(status(14));
    expect(connection.usable).toBe(false);
    await expect(connection.callBytes('/answer', Buffer.alloc(0))).rejects.toEqual(status(14));
  });
});
