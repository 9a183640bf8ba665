import type { Socket } from 'node:net';
import { ServiceGateway } from '@edgecore/servicebus';
import { eventually } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { call, callWith, read } from './support/requests.js';
import { startRaw } from './support/service.js';

let gateway: ServiceGateway;
afterEach(() => gateway?.close());

type Behaviour = (socket: Socket) => void;

const OK = 'HTTP/1.1 200 OK\r\n';

/** Repeats a text for as long as somebody listens. */
function drip(socket: Socket, text: string | (() => string), everyMs: number): void {
  const timer = setInterval(() => socket.write(typeof text === 'string' ? text : text()), everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** Sends as fast as it is taken. */
function flood(socket: Socket, text: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on('drain', more);
  more();
}

const SLOW: readonly [string, Behaviour][] = [
  ['says nothing', () => {}],
  [
    'drips its status line',
    (socket) => {
      const line = [...'HTTP/1.1 200 '];
      drip(socket, () => line.shift() ?? 'x', 5);
    },
  ],
  [
    'drips its headers',
    (socket) => {
      socket.write(OK);
      drip(socket, 'X: y\r\n', 10);
    },
  ],
  [
    'drips its body',
    (socket) => {
      socket.write(`${OK}Content-Length: 1000000\r\n\r\n`);
      drip(socket, 'x', 10);
    },
  ],
  [
    'drips chunks',
    (socket) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
      drip(socket, '1\r\nx\r\n', 10);
    },
  ],
  ['says 100 Continue again and again', (socket) => drip(socket, 'HTTP/1.1 100 Continue\r\n\r\n', 5)],
  ['promises more than it sends', (socket) => socket.write(`${OK}Content-Length: 10\r\n\r\nhalf`)],
];

const WRONG: readonly [string, Behaviour][] = [
  [
    'sends endless headers',
    (socket) => {
      socket.write(OK);
      flood(socket, `X: ${'y'.repeat(1000)}\r\n`);
    },
  ],
  [
    'sends one endless header',
    (socket) => {
      socket.write(`${OK}X: `);
      flood(socket, 'y'.repeat(10_000));
    },
  ],
  [
    'sends an endless body',
    (socket) => {
      socket.write(`${OK}\r\n`);
      flood(socket, 'y'.repeat(64_000));
    },
  ],
  [
    'sends endless chunks',
    (socket) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
      flood(socket, `1000\r\n${'y'.repeat(4096)}\r\n`);
    },
  ],
  ['has a broken chunk size', (socket) => socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`)],
  ['has two lengths', (socket) => socket.write(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy`)],
  [
    'has a length and chunks',
    (socket) =>
      socket.write(`${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`),
  ],
  ['has a negative length', (socket) => socket.write(`${OK}Content-Length: -1\r\n\r\nx`)],
  ['speaks something else', (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
  ['speaks TLS', (socket) => socket.write(Buffer.from('15030100020246', 'hex'))],
  ['sends noise', (socket) => socket.write(Buffer.alloc(5000, 0xfe))],
  ['closes without a word', (socket) => socket.end()],
  ['resets', (socket) => socket.resetAndDestroy()],
  ['closes within the headers', (socket) => socket.end(`${OK}X-A: b\r\n`)],
  ['closes within the body', (socket) => socket.end(`${OK}Content-Length: 10\r\n\r\nhalf`)],
  ['closes within a chunk', (socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nab`)],
  [
    'changes the protocol',
    (socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello'),
  ],
];

describe('a hostile service costs its caller an answer and the node nothing', () => {
  test.each(SLOW)('%s: 504 in time', async (_, behave) => {
    const service = await startRaw((socket) => {
      socket.once('data', () => behave(socket));
    });
    gateway = new ServiceGateway({ callTimeoutMs: 150 });
    const began = performance.now();
    expect(read(await gateway.answer(call(`${service.port}:/x`)))).toEqual({
      status: 504,
      text: 'error to call service: no complete answer within 150 ms',
    });
    expect(performance.now() - began).toBeLessThan(8000);
    await eventually(() => service.sockets.now === 0, { what: 'no socket' });
  });

  test.each(WRONG)('%s: an error with a reason, at once', async (_, behave) => {
    const service = await startRaw((socket) => {
      socket.once('data', () => behave(socket));
    });
    gateway = new ServiceGateway({ retries: 0, callTimeoutMs: 5000 });
    const { status, text } = read(await gateway.answer(call(`${service.port}:/x`)));
    expect([404, 500]).toContain(status);
    expect(text).toMatch(/^error to (call service: |receive response, err: )\S/);
    await eventually(() => service.sockets.now === 0, { what: 'no socket' });
  });

  test('an answer before the request was read: taken, and the connection not left hanging', async () => {
    const service = await startRaw((socket) => {
      socket.pause();
      socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
      // Later, as a program that is done with other things.
      setTimeout(() => socket.resume(), 300);
    });
    gateway = new ServiceGateway({ callTimeoutMs: 5000 });
    const body = 'x'.repeat(10_000_000);
    expect(read(await gateway.answer(callWith('PUT', `${service.port}:/x`, body)))).toEqual({
      status: 200,
      text: 'ok',
    });
    await eventually(() => service.sockets.now === 0, { what: 'no socket' });
  });

  test('a kept connection that sends an answer nobody asked for does not answer the next call', async () => {
    let requests = 0;
    const service = await startRaw((socket) => {
      socket.on('data', () => {
        requests += 1;
        const answer = (body: string) => `${OK}Content-Length: ${body.length}\r\n\r\n${body}`;
        socket.write(requests === 1 ? answer('first') + answer('stray') : answer('second'));
      });
    });
    gateway = new ServiceGateway({ retryDelayMs: 1 });
    expect(read(await gateway.answer(call(`${service.port}:/1`))).text).toBe('first');
    expect(read(await gateway.answer(call(`${service.port}:/2`))).text).toBe('second');
  });
});
