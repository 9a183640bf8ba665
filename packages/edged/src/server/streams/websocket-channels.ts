import { Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';

/** How messages of a negotiated subprotocol carry channel and data (edgestream.md §12). */
export type ChannelCoding = 'binary' | 'base64';

/** Channel of v5's message that ends another one: `ff <channel>`. */
const CLOSE_CHANNEL = 255;
const ZERO = 0x30;

/** Bytes held for a reader that is slow before the socket is paused. */
const READ_BYTES = 256 * 1024;

/** Numbered byte streams over one WebSocket: the first byte of each message is the channel. */
export class WebSocketChannels {
  readonly #socket: WebSocket;
  readonly #coding: ChannelCoding;
  readonly #inputs = new Map<number, Readable>();
  readonly #paused = new Set<number>();
  readonly #idle: NodeJS.Timeout | undefined;
  readonly #listeners = new Map<number, (data: Buffer) => void>();
  /** Aborts when the client is gone. */
  readonly gone: AbortSignal;

  constructor(socket: WebSocket, options: { coding: ChannelCoding; idleTimeoutMs: number }) {
    this.#socket = socket;
    this.#coding = options.coding;
    const gone = new AbortController();
    this.gone = gone.signal;
    if (options.idleTimeoutMs > 0) {
      this.#idle = setTimeout(() => socket.terminate(), options.idleTimeoutMs);
      this.#idle.unref();
    }
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#idle?.refresh();
      this.#receive(data, isBinary);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearTimeout(this.#idle);
      for (const input of this.#inputs.values()) input.push(null);
      gone.abort(new Error('the client is gone'));
    });
  }

  /** What the client sends on a channel; ends with v5's close message or the connection. */
  input(channel: number): Readable {
    const input = new Readable({
      highWaterMark: READ_BYTES,
      read: () => {
        this.#paused.delete(channel);
        if (this.#paused.size === 0 && this.#socket.isPaused) this.#socket.resume();
      },
    });
    this.#inputs.set(channel, input);
    return input;
  }

  /** Calls back for each message of a channel. */
  onMessage(channel: number, listener: (data: Buffer) => void): void {
    this.#listeners.set(channel, listener);
  }

  /** A stream to the client; a write is done when the socket took it. */
  output(channel: number): Writable {
    return new Writable({
      write: (data: Buffer, _encoding, done) => this.send(channel, data).then(() => done(), done),
    });
  }

  /** Resolves at once when the client is gone. */
  send(channel: number, data: Buffer): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    // Whoever only listens to output is not idle either.
    this.#idle?.refresh();
    const message =
      this.#coding === 'binary'
        ? Buffer.concat([Buffer.from([channel]), data])
        : String.fromCharCode(ZERO + channel) + data.toString('base64');
    return new Promise((resolve) =>
      this.#socket.send(message, { binary: this.#coding === 'binary' }, () => resolve()),
    );
  }

  close(): void {
    // A paused socket would never read the client's answer.
    if (this.#socket.isPaused) this.#socket.resume();
    for (const input of this.#inputs.values()) input.destroy();
    this.#socket.close(1000);
  }

  #receive(message: Buffer, isBinary: boolean): void {
    if (message.length === 0) return;
    const isText = this.#coding === 'base64' && !isBinary;
    const channel = isText ? message[0]! - ZERO : message[0]!;
    const data = isText ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1);
    if (channel === CLOSE_CHANNEL && data.length === 1) {
      this.#inputs.get(data[0]!)?.push(null);
      this.#inputs.delete(data[0]!);
      return;
    }
    this.#listeners.get(channel)?.(data);
    const input = this.#inputs.get(channel);
    if (!input || input.destroyed || data.length === 0 || input.push(data)) return;
    this.#paused.add(channel);
    this.#socket.pause();
  }
}
