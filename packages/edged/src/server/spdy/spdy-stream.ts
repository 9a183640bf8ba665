import { Duplex } from 'node:stream';

/** What a stream needs of its connection. */
export interface StreamCarrier {
  /** Calls back when the connection took it. */
  writeData(streamId: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void;
  reset(streamId: number): void;
  forget(stream: SpdyStream): void;
}

/** Bytes held for a reader that is slow before the connection stops reading. */
const READ_BYTES = 256 * 1024;

/**
 * One stream the client opened. What is read ends when the client ends or
 * resets it; what is written after a reset is dropped, as Go's peers expect.
 */
export class SpdyStream extends Duplex {
  #dropsOutput = false;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(
    readonly id: number,
    readonly headers: ReadonlyMap<string, string>,
    private readonly carrier: StreamCarrier,
  ) {
    super({ allowHalfOpen: true, readableHighWaterMark: READ_BYTES, emitClose: true });
    // Whoever uses it looks at the end of the connection; an unread error must not end the process.
    this.on('error', () => {});
  }

  /** Takes a piece of input; the promise waits for a reader that is behind. */
  accept(data: Buffer, fin: boolean): Promise<void> | undefined {
    if (this.#ended || this.destroyed) return undefined;
    const hasRoom = data.length === 0 || this.push(data);
    if (fin) this.endInput();
    if (hasRoom || this.#ended) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The client ended its side, with FIN or by a reset. */
  endInput(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
    this.#release();
  }

  /** The client does not want what is written here any more. */
  dropOutput(): void {
    this.#dropsOutput = true;
    this.endInput();
  }

  override _read(): void {
    this.#release();
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#dropsOutput) done();
    else this.carrier.writeData(this.id, data, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#dropsOutput) done();
    else this.carrier.writeData(this.id, Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#release();
    if (!this.#dropsOutput && !this.writableFinished) this.carrier.reset(this.id);
    this.carrier.forget(this);
    done(error);
  }

  #release(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
