import type { OnReadOpts } from 'node:net';

/** What a connection holds that asks and answers, or is idle. */
const SMALL_BYTES = 8 * 1024;
/** While much comes in. */
const LARGE_BYTES = 64 * 1024;
/** Kept for the next connections. */
const MAX_SPARE = 256;

const spare: ReadBuffer[] = [];

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

  static take(): ReadBuffer {
    return spare.pop() ?? new ReadBuffer();
  }

  passTo(receive: Receive): void {
    this.#receive = receive;
  }

  /** Its connection is closed. */
  release(): void {
    this.#receive = undefined;
    if (this.#memory.length === SMALL_BYTES && spare.length < MAX_SPARE) spare.push(this);
  }
}
