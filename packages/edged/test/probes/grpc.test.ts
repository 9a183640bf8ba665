import { createServer } from 'node:net';
import { decode, encode } from '@edgecore/grpc';
import { freePort } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grpcProbe } from '../../src/probes/grpc.js';
import { HealthCheckRequest, HealthCheckResponse } from '../../src/probes/health-messages.js';
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
    [
      { body: '', grpcStatus: 0 },
      'error: health rpc probe failed: rpc error: code = Unimplemented desc = no message came',
    ],
    [
      { body: '01000000020801', grpcStatus: 0 },
      'error: health rpc probe failed: rpc error: code = Unimplemented desc = compressed messages are not supported',
    ],
    [
      { body: '00000000020801'.slice(0, -2), grpcStatus: 0 },
      'error: health rpc probe failed: rpc error: code = Internal desc = the message is cut',
    ],
    [
      { body: `0000001388${'00'.repeat(5000)}`, grpcStatus: 0 },
      'error: health rpc probe failed: rpc error: code = ResourceExhausted desc = the message has 5000 bytes, more than the 4096 allowed',
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
    const bytes = Buffer.from('12026162190102030405060708250102030408020801', 'hex');
    expect(decode(HealthCheckResponse, bytes)).toEqual({ status: 1 });
  });

  test('names of any length are sent whole', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (service) => {
        const bytes = encode(HealthCheckRequest, { service });
        expect(bytes.subarray(bytes.length - Buffer.byteLength(service)).toString()).toBe(
          Buffer.from(service).toString(),
        );
      }),
    );
  });
});
