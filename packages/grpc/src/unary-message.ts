import { HEADER_BYTES } from './frame.js';
import type { ReceiveBudget } from './receive-budget.js';
import { GrpcCode, GrpcError } from './status.js';

/**
 * Collects the one message of a unary call. Bytes are copied into memory that
 * grows with what has come, never with what was announced: a peer that sends
 * single bytes, or a length and then nothing, costs what it sent.
 */
export class UnaryMessage {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #length = 0;
  #body = Buffer.alloc(0);
  #bodyBytes = 0;

  constructor(private readonly budget: ReceiveBudget) {}

  /** @throws {GrpcError} for a second, a compressed or a too long message. */
  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.#headerBytes < HEADER_BYTES) {
      const taken = rest.copy(this.#header, this.#headerBytes, 0, HEADER_BYTES - this.#headerBytes);
      this.#headerBytes += taken;
      rest = rest.subarray(taken);
      if (this.#headerBytes < HEADER_BYTES) return;
      this.#readHeader();
    }
    if (this.#bodyBytes + rest.length > this.#length) {
      throw new GrpcError(GrpcCode.UNIMPLEMENTED, 'a unary method takes one message, more came');
    }
    this.#grow(this.#bodyBytes + rest.length);
    rest.copy(this.#body, this.#bodyBytes);
    this.#bodyBytes += rest.length;
  }

  /** The message, at the end of the stream. @throws {GrpcError} when there is none, or it is cut. */
  finish(): Buffer {
    if (this.#headerBytes === 0) throw new GrpcError(GrpcCode.UNIMPLEMENTED, 'no message came');
    if (this.#headerBytes < HEADER_BYTES || this.#bodyBytes < this.#length) {
      throw new GrpcError(GrpcCode.INTERNAL, 'the message is cut');
    }
    return this.#body.subarray(0, this.#bodyBytes);
  }

  /** Gives the memory back to the budget; the message must not be used any more. */
  release(): void {
    this.budget.give(this.#body.length);
    this.#body = Buffer.alloc(0);
    this.#bodyBytes = 0;
  }

  #readHeader(): void {
    if (this.#header[0] === 1) {
      throw new GrpcError(GrpcCode.UNIMPLEMENTED, 'compressed messages are not supported');
    }
    if (this.#header[0] !== 0) {
      throw new GrpcError(GrpcCode.INTERNAL, `no message begins with the byte ${this.#header[0]}`);
    }
    this.#length = this.#header.readUInt32BE(1);
    const max = this.budget.maxMessageBytes;
    if (this.#length > max) {
      throw new GrpcError(
        GrpcCode.RESOURCE_EXHAUSTED,
        `the message has ${this.#length} bytes, more than the ${max} allowed`,
      );
    }
  }

  #grow(needed: number): void {
    if (needed <= this.#body.length) return;
    const size = Math.min(this.#length, Math.max(needed, 2 * this.#body.length));
    if (!this.budget.take(size - this.#body.length)) {
      throw new GrpcError(GrpcCode.RESOURCE_EXHAUSTED, 'too many large messages at once, try again later');
    }
    const body = Buffer.alloc(size);
    this.#body.copy(body, 0, 0, this.#bodyBytes);
    this.#body = body;
  }
}
