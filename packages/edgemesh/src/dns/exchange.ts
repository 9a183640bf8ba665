import { createConnection } from 'node:net';
import { udpSocket } from '../net/udp-socket.js';
import { answers } from './response.js';
import type { Upstream } from './upstreams.js';

export interface ExchangeOptions {
  readonly upstream: Upstream;
  readonly query: Buffer;
  readonly questionEnd: number;
  readonly timeoutMs: number;
}

/** One question over UDP; `undefined` when no fitting answer came in time. */
export function exchangeUdp(options: ExchangeOptions): Promise<Buffer | undefined> {
  const { upstream, query, questionEnd, timeoutMs } = options;
  return new Promise((resolve) => {
    // A socket per question: a fresh port is half of what a forger has to guess.
    const socket = udpSocket(upstream.family);
    let done = false;
    const finish = (answer?: Buffer) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on('error', () => finish());
    socket.on('message', (packet) => {
      if (answers(packet, query.readUInt16BE(0), query, questionEnd)) finish(packet);
    });
    // Connected: the kernel drops what other servers send, and tells of a closed port.
    socket.connect(upstream.port, upstream.address, () => {
      if (!done) socket.send(query);
    });
  });
}

/** The same over TCP, for answers that do not fit. */
export function exchangeTcp(options: ExchangeOptions): Promise<Buffer | undefined> {
  const { upstream, query, questionEnd, timeoutMs } = options;
  return new Promise((resolve) => {
    const socket = createConnection({ host: upstream.address, port: upstream.port, noDelay: true });
    const finish = (answer?: Buffer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, timeoutMs);
    let received = Buffer.alloc(0);
    socket.on('error', () => finish());
    socket.on('end', () => finish());
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const packet = received.subarray(2, 2 + received.readUInt16BE(0));
      finish(answers(packet, query.readUInt16BE(0), query, questionEnd) ? packet : undefined);
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });
}
