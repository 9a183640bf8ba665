import { Writable } from 'node:stream';

/** Keeps the first so many bytes and drops the rest. */
export class BoundedBuffer extends Writable {
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(maxBytes: number) {
    super();
    this.#room = maxBytes;
  }

  take(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const kept = chunk.subarray(0, this.#room);
    if (kept.length > 0) this.#chunks.push(kept);
    this.#room -= kept.length;
    done();
  }
}
