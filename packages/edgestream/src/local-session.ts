import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { errorText } from '@edgecore/api';
import type { ConnectRequest } from './connect-request.js';
import type { EdgedAddress } from './options.js';

/** One numbered connection of the tunnel, as its local side sees it. */
export interface SessionLink {
  /** False when nobody wants more. */
  send(bytes: Buffer): Promise<boolean>;
  /** The cloud is done, or the tunnel lost. */
  readonly signal: AbortSignal;
}

/** Logs and figures: an ordinary request whose decoded body goes up. */
export async function runRequest(
  { target, headers }: ConnectRequest,
  edged: EdgedAddress,
  link: SessionLink,
): Promise<void> {
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({
        ...edged,
        path: target,
        headers: grouped(headers),
        agent: false,
        signal: link.signal,
      });
      sent.once('response', resolve).once('error', reject).end();
    });
    await pump(response, link);
  } catch (error) {
    if (!link.signal.aborted) await link.send(Buffer.from(`${unreachable(error)}\n`));
  }
}

/** Input of a stream that edged has not taken yet; above it the tunnel has to wait. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Exec and attach: a connection of bytes both ways, the answer's head among them. */
export class StreamSession {
  readonly #socket: Socket;
  #hasAnswered = false;

  constructor(
    { method, target, headers }: ConnectRequest,
    edged: EdgedAddress,
    private readonly link: SessionLink,
  ) {
    // Nagle's wait would delay each key of a terminal.
    this.#socket = connect({
      ...('socketPath' in edged ? { path: edged.socketPath } : edged),
      noDelay: true,
    });
    this.#socket.on('error', () => {});
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const length = method === 'POST' ? 'Content-Length: 0\r\n' : '';
    this.#socket.write(`${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines}${length}\r\n`);
  }

  /** Bytes of the cloud. False when more should wait for {@link drained}. */
  write(bytes: Buffer): boolean {
    this.#socket.write(bytes);
    return this.#socket.writableLength <= MAX_WAITING_BYTES;
  }

  /** Resolves once edged has taken everything, or the session is over. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  /** Copies what edged says until either side ends. */
  async run(): Promise<void> {
    const abort = () => this.#socket.destroy();
    this.link.signal.addEventListener('abort', abort, { once: true });
    if (this.link.signal.aborted) abort();
    try {
      await pump(this.#socket, {
        ...this.link,
        signal: this.link.signal,
        send: (bytes) => {
          this.#hasAnswered = true;
          return this.link.send(bytes);
        },
      });
    } catch (error) {
      if (!this.#hasAnswered && !this.link.signal.aborted) await this.link.send(failure(unreachable(error)));
    } finally {
      this.link.signal.removeEventListener('abort', abort);
      this.#socket.destroy();
    }
  }
}

async function pump(source: Readable, link: SessionLink): Promise<void> {
  for await (const chunk of source) {
    if (!(await link.send(chunk as Buffer))) break;
  }
  source.destroy();
}

function unreachable(error: unknown): string {
  return `the edge node could not ask its own edged: ${errorText(error)}`;
}

/** What kube-apiserver takes for an answer of a kubelet. */
function failure(text: string): Buffer {
  return Buffer.from(
    'HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n' +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

function grouped(headers: ConnectRequest['headers']): Record<string, string | string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of headers) all[name] = [...(all[name] ?? []), value];
  return { ...all, 'Accept-Encoding': 'identity', Host: '127.0.0.1' };
}
