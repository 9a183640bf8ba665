import type { OnReadOpts } from 'node:net';

/** What a connection holds that asks and answers, or is idle. */
const SMALL_BYTES = 8 * 1024;
/** While much comes in. */
const LARGE_BYTES = 64 * 1024;
/** Kept for the next connections. */
const MAX_SPARE = 256;

/** Takes what was read. Says whether it is done with it, or still holds the memory. */
export type Receive = (chunk: Buffer) => boolean;

/**
 * Memory one connection reads into again and again. `net` by itself takes
 * 64 KiB for each read, however short: that costs more than passing it on,
 * and memory that was just used is still in the processor's cache.
 */
export class ReadBuffer {
  #memory = Buffer.allocUnsafeSlow(SMALL_BYTES);
  #receive: Receive | undefined;

  /** For `net.createConnection`; the connection must be paused until {@link passTo} is called. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#memory,
    callback: (length) => {
      const memory = this.#memory;
      const free = this.#receive!(memory.subarray(0, length));
      let size = memory.length;
      if (length < SMALL_BYTES) size = SMALL_BYTES;
      else if (length === size) size = LARGE_BYTES;
      if (!free || size !== memory.length) this.#memory = Buffer.allocUnsafeSlow(size);
      return true;
    },
  };

  /** Whether it holds no more than an idle connection's. */
  get small(): boolean {
    return this.#memory.length === SMALL_BYTES;
  }

  passTo(receive: Receive | undefined): void {
    this.#receive = receive;
  }
}

/** Read buffers of closed connections, for the next ones: memory that comes and goes is the collector's work. */
export class ReadBuffers {
  readonly #spare: ReadBuffer[] = [];

  take(): ReadBuffer {
    return this.#spare.pop() ?? new ReadBuffer();
  }

  /** Its connection is closed. */
  giveBack(buffer: ReadBuffer): void {
    buffer.passTo(undefined);
    if (buffer.small && this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}
