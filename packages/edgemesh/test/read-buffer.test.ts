import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Dialer } from '@edgecore/edgemesh';
import { expect, test } from '@jest/globals';
import { tcpBackend } from './support/backends.js';
import { served } from './support/served.js';

/** More than the buffers of both connections in the kernel hold. */
const BYTES = 12 << 20;
const SIZES = [1, 700, 8191, 8192, 8193, 30_000, 65_536, 300_000];

const plainDialer: Dialer = async ({ address, port }) => {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket.pause();
};

/** A stream of its own for each client. */
function streamOf(client: number) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, client), Buffer.alloc(16));
  return (length: number) => cipher.update(Buffer.alloc(length));
}

/** Tells each client the stream of the number it says, in pieces of all sizes, with pauses. */
function talker() {
  return tcpBackend((socket) => {
    socket.once('data', async (hello) => {
      const next = streamOf(hello[0]!);
      for (let said = 0, turn = hello[0]!; said < BYTES; turn += 1) {
        const chunk = next(Math.min(SIZES[turn % SIZES.length]!, BYTES - said));
        said += chunk.length;
        if (!socket.write(chunk)) await once(socket, 'drain');
        else if (turn % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end();
    });
  });
}

async function listen(port: number, number: number, start: Promise<unknown>): Promise<number | string> {
  const client = connect({ port, host: '127.0.0.1' });
  client.write(Buffer.of(number));
  await start;
  const next = streamOf(number);
  let bytes = 0;
  for await (const chunk of client) {
    if (!next(chunk.length).equals(chunk)) return `wrong after ${bytes} bytes`;
    bytes += chunk.length;
  }
  return bytes;
}

test.each([
  ['the mesh’s own dialer', undefined],
  ['a dialer that knows no onread', plainDialer],
])('what endpoints say reaches each client as it was, also one that reads late: %s', async (_, dial) => {
  const { port: endpoint } = await talker();
  const [, port] = await served([endpoint], dial ? { dial } : {});
  // The second round reads into what the first has left.
  for (const first of [1, 5]) {
    const prompt = [first, first + 1].map((number) => listen(port, number, Promise.resolve()));
    const late = [first + 2, first + 3].map((number) => listen(port, number, Promise.all(prompt)));
    expect(await Promise.all([...prompt, ...late])).toEqual(Array(4).fill(BYTES));
  }
});
