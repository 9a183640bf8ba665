import type { Message } from '@edgecore/beehive';
import { assertPayloadLength, decodePackedPayload, PACKED_HEADER_BYTES } from './codec.js';

/**
 * Cuts a stream of bytes into packed messages, however the bytes arrive
 * (wire.md §3.1). Keeps at most one unfinished message, so at most 32 MiB.
 *
 * @example
 * for (const message of decoder.push(chunk)) handle(message);
 */
export class PackedDecoder {
  #chunks: Uint8Array[] = [];
  #available = 0;
  /** Payload length of the message being collected, once its header is here. */
  #payloadLength: number | undefined;

  /** Bytes of the message not complete yet. */
  get pendingBytes(): number {
    return this.#available;
  }

  /**
   * The messages completed by this chunk, possibly none.
   * @throws {PackedCodecError} after which the stream is unusable.
   */
  push(chunk: Uint8Array): Message<Uint8Array>[] {
    this.#chunks.push(chunk);
    this.#available += chunk.length;
    const messages: Message<Uint8Array>[] = [];
    for (;;) {
      if (this.#payloadLength === undefined) {
        if (this.#available < PACKED_HEADER_BYTES) return messages;
        // Version, type and flags are not looked at, as in both upstreams.
        const length = this.#take(PACKED_HEADER_BYTES).readUInt32BE(6);
        assertPayloadLength(length);
        this.#payloadLength = length;
      }
      if (this.#available < this.#payloadLength) return messages;
      const payload = this.#take(this.#payloadLength);
      this.#payloadLength = undefined;
      messages.push(decodePackedPayload(payload));
    }
  }

  #take(count: number): Buffer {
    const [first = new Uint8Array(0)] = this.#chunks;
    // One chunk with many messages must not be copied once per message.
    const all =
      this.#chunks.length === 1
        ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
        : Buffer.concat(this.#chunks, this.#available);
    this.#chunks = [all.subarray(count)];
    this.#available -= count;
    return all.subarray(0, count);
  }
}
