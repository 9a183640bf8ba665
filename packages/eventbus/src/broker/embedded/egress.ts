import type { Duplex } from 'node:stream';

export interface EgressOptions {
  /** Most bytes that wait in this process for the client. */
  readonly maxBytes: number;
  /** The client must take something in this time. */
  readonly stallMs: number;
  /** It did not. */
  onStalled(): void;
}

/**
 * Keeps one slow subscriber from holding up the others. aedes waits until a
 * full connection has drained, and with it every publisher and subscriber of
 * the message; here it never learns that a connection is full. What waits is
 * bounded ({@link hasRoom}), and a client that takes nothing is ended.
 */
export class Egress {
  readonly #connection: Duplex;
  readonly #options: EgressOptions;
  #written = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushed = 0;
  #progressAt = 0;

  constructor(connection: Duplex, options: EgressOptions) {
    this.#connection = connection;
    this.#options = options;
    const write = connection.write.bind(connection) as (...args: unknown[]) => boolean;
    const guarded = (...args: unknown[]): true => {
      this.#written += sizeOf(args[0]);
      if (!write(...args)) this.#watch();
      return true;
    };
    connection.write = guarded as Duplex['write'];
    connection.once('close', () => clearInterval(this.#timer));
  }

  get hasRoom(): boolean {
    return this.#connection.writableLength <= this.#options.maxBytes;
  }

  /** Only while something waits: an idle connection needs no timer. */
  #watch(): void {
    if (this.#timer || this.#connection.destroyed) return;
    const { stallMs } = this.#options;
    this.#progressAt = performance.now();
    this.#flushed = this.#written - this.#connection.writableLength;
    this.#timer = setInterval(() => this.#check(), Math.max(stallMs / 5, 10)).unref();
  }

  #check(): void {
    const waiting = this.#connection.writableLength;
    const flushed = this.#written - waiting;
    const now = performance.now();
    if (flushed !== this.#flushed) {
      this.#flushed = flushed;
      this.#progressAt = now;
    }
    const stalled = waiting > 0 && now - this.#progressAt >= this.#options.stallMs;
    if (waiting > 0 && !stalled) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (stalled) this.#options.onStalled();
  }
}

function sizeOf(chunk: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk);
  return chunk instanceof Uint8Array ? chunk.length : 0;
}
