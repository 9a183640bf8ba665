import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { TestNode } from './support/node.js';
import { callWith, read } from './support/requests.js';
import { startRaw } from './support/service.js';

describe('repeats', () => {
  /** Closes the connection of the first so many requests without an answer. */
  async function flaky(failures: number) {
    const seen: string[] = [];
    const service = await startRaw((socket) => {
      void once(socket, 'data').then(([data]) => {
        seen.push((data as Buffer).toString().split(' ')[0]!);
        if (seen.length <= failures) socket.destroy();
        else socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${seen[0] === 'HEAD' ? '' : 'ok'}`);
      });
    });
    return { port: service.port, seen };
  }

  test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    '%s is repeated once after a broken connection',
    async (method) => {
      const { port, seen } = await flaky(1);
      const node = await TestNode.start({ retryDelayMs: 1 });
      expect(read(await node.call(callWith(method, `${port}:/x`))).status).toBe(200);
      expect(seen).toEqual([method, method]);
    },
  );

  test.each(['POST', 'PATCH'])('%s never is', async (method) => {
    const { port, seen } = await flaky(1);
    const node = await TestNode.start({ retryDelayMs: 1 });
    const { status, text } = read(await node.call(callWith(method, `${port}:/x`, 'b')));
    expect([status, text]).toEqual([
      404,
      `error to call service: 127.0.0.1:${port} closed the connection without an answer`,
    ]);
    expect(seen).toEqual([method]);
  });

  test('an answer that broke off is not asked for again, nor a second repeat made', async () => {
    const { port, seen } = await flaky(5);
    const node = await TestNode.start({ retryDelayMs: 1 });
    expect(read(await node.call(callWith('GET', `${port}:/x`))).status).toBe(404);
    expect(seen).toHaveLength(2);
    const torn = await startRaw((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf'));
    });
    const { status, text } = read(await node.call(callWith('GET', `${torn.port}:/x`)));
    expect([status, text]).toEqual([500, expect.stringContaining('error to receive response, err: ')]);
    expect(torn.sockets.total).toBe(1);
  });
});
