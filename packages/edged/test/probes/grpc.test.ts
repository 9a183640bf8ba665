import { createServer } from 'node:net';
import { freePort } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frame } from '../../src/grpc/frame.js';
import { grpcProbe } from '../../src/probes/grpc.js';
import { healthRequest, healthStatus } from '../../src/probes/grpc-message.js';
import { type HealthAnswer, HealthServer, healthFrame } from '../support/health-server.js';

describe('gRPC probes', () => {
  let server: HealthServer;
  let port: number;

  beforeEach(async () => {
    server = new HealthServer();
    port = await server.listen();
  });
  afterEach(() => server.close());

  const run = (service = '', signal = AbortSignal.timeout(5000), at = port) =>
    grpcProbe({ host: '127.0.0.1', port: at, service, timeoutSeconds: 1 }, signal);

  test('a serving server is healthy; the request names the service', async () => {
    expect(await run('my.Service')).toEqual({ result: 'success', text: '' });
    expect(server.seen).toEqual([
      {
        path: '/grpc.health.v1.Health/Check',
        contentType: 'application/grpc',
        authority: `127.0.0.1:${port}`,
        timeout: '1000m',
        te: 'trailers',
        body: `000000000c0a0a${Buffer.from('my.Service').toString('hex')}`,
      },
    ]);
    await run();
    expect(server.seen[1]?.body).toBe('0000000000');
  });

  test.each<[HealthAnswer, string]>([
    [{ body: healthFrame(0), grpcStatus: 0 }, 'service unhealthy (responded with "UNKNOWN")'],
    [{ body: healthFrame(2), grpcStatus: 0 }, 'service unhealthy (responded with "NOT_SERVING")'],
    [{ body: healthFrame(3), grpcStatus: 0 }, 'service unhealthy (responded with "SERVICE_UNKNOWN")'],
    [{ body: healthFrame(77), grpcStatus: 0 }, 'service unhealthy (responded with "77")'],
    [
      { grpcStatus: 12, grpcMessage: 'unknown service grpc.health.v1.Health' },
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health',
    ],
    [
      { grpcStatus: 5, grpcMessage: 'unknown service %22x%22' },
      'error: health rpc probe failed: rpc error: code = NotFound desc = unknown service "x"',
    ],
    [{ grpcStatus: 4 }, 'timeout: health rpc did not complete within 1s'],
    [
      { grpcStatus: 14, grpcMessage: '%' },
      'error: health rpc probe failed: rpc error: code = Unavailable desc = %',
    ],
    [{ grpcStatus: 99 }, 'error: health rpc probe failed: rpc error: code = Code(99) desc = '],
    [
      { httpStatus: 503 },
      'error: health rpc probe failed: rpc error: code = Unavailable desc = unexpected HTTP status code received from server: 503',
    ],
    [
      { body: healthFrame(1) },
      'error: health rpc probe failed: rpc error: code = Internal desc = server closed the stream without sending trailers',
    ],
    [{ body: '', grpcStatus: 0 }, 'error: health rpc probe failed: the answer has no message'],
    [
      { body: '01000000020801', grpcStatus: 0 },
      'error: health rpc probe failed: the answer is compressed, which was not offered',
    ],
    [
      { body: '00000000020801'.slice(0, -2), grpcStatus: 0 },
      'error: health rpc probe failed: the answer is not one whole message',
    ],
    [
      { body: '00'.repeat(5000), grpcStatus: 0 },
      'error: health rpc probe failed: the answer is longer than 4096 bytes',
    ],
  ])('%j', async (answer, text) => {
    server.answer = () => answer;
    expect(await run()).toEqual({ result: 'failure', text });
  });

  test('no answer within the time', async () => {
    server.answer = undefined;
    expect(await run('', AbortSignal.timeout(200))).toEqual({
      result: 'failure',
      text: 'timeout: health rpc did not complete within 1s',
    });
  });

  test('nobody listens', async () => {
    const free = await freePort();
    const { result, text } = await run('', AbortSignal.timeout(2000), free);
    expect(result).toBe('failure');
    expect(text).toMatch(
      new RegExp(`^error: failed to connect service at "127.0.0.1:${free}": .*ECONNREFUSED`),
    );
  });

  test.each([
    ['says nothing', '', /^timeout: failed to connect service "127.0.0.1:\d+" within 1s: /],
    ['speaks HTTP/1', 'HTTP/1.1 400 Bad Request\r\n\r\n', /^error: failed to connect service at /],
  ])('a server that %s is no gRPC server', async (_what, greeting, expected) => {
    const other = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => greeting && socket.end(greeting));
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address() as { port: number };
    const { result, text } = await run('', AbortSignal.timeout(300), address.port);
    other.close();
    expect(result).toBe('failure');
    expect(text).toMatch(expected);
  });

  test('a probe that was ended before it began', async () => {
    expect((await run('', AbortSignal.abort(new Error('stopped')))).result).toBe('failure');
  });

  test('unknown fields are skipped, the last value counts', () => {
    // 2: bytes "ab", 3: fixed64, 4: fixed32, 1: NOT_SERVING, then 1: SERVING.
    const message = '12026162190102030405060708250102030408020801';
    const framed = `00${(message.length / 2).toString(16).padStart(8, '0')}${message}`;
    expect(healthStatus(Buffer.from(framed, 'hex'))).toBe('SERVING');
  });

  test('whatever a server answers: a status or an error, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (message) => {
        const header = Buffer.alloc(5);
        header.writeUInt32BE(message.length, 1);
        try {
          expect(typeof healthStatus(Buffer.concat([header, message]))).toBe('string');
        } catch (error) {
          expect((error as Error).message).toMatch(/^the (answer|message) /);
        }
      }),
    );
  });

  test('names of any length are framed whole', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300 }), (service) => {
        const bytes = frame(healthRequest(service));
        expect(bytes.readUInt32BE(1)).toBe(bytes.length - 5);
        expect(bytes.subarray(-Buffer.byteLength(service)).toString()).toBe(Buffer.from(service).toString());
      }),
    );
  });
});
