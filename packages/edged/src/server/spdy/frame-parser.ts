import { controlFrame, type Frame } from './frames.js';

/** The peer does not speak SPDY/3.1, or asks for more than this side holds. */
export class SpdyProtocolError extends Error {}

const HEAD_BYTES = 8;
const MAX_FRAME_BYTES = 1024 * 1024;
/** Whole control frames are held: header blocks of these streams have a few dozen bytes. */
const MAX_CONTROL_BYTES = 64 * 1024;

/** The frame whose payload is being read. */
interface Open {
  readonly isControl: boolean;
  /** Stream id of data, type of control frames. */
  readonly word: number;
  readonly flags: number;
  left: number;
}

/** Cuts bytes into frames wherever the network cut them. Holds at most one control frame. */
export class FrameParser {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #open: Open | undefined;

  /** @throws {SpdyProtocolError} and is of no use any more. */
  *push(chunk: Buffer): Generator<Frame> {
    let bytes = chunk;
    while (bytes.length > 0 || this.#open?.left === 0) {
      if (!this.#open) {
        const taken = this.#collect(bytes, HEAD_BYTES);
        bytes = bytes.subarray(taken.used);
        if (!taken.whole) return;
        this.#open = readHead(taken.whole);
      }
      const open = this.#open;
      if (!open.isControl) {
        const data = bytes.subarray(0, open.left);
        bytes = bytes.subarray(data.length);
        open.left -= data.length;
        if (open.left === 0) this.#open = undefined;
        const fin = open.left === 0 && (open.flags & 1) !== 0;
        if (data.length > 0 || fin) yield { kind: 'data', streamId: open.word, data, fin };
        continue;
      }
      const taken = this.#collect(bytes, open.left);
      bytes = bytes.subarray(taken.used);
      if (!taken.whole) return;
      this.#open = undefined;
      yield parseControl(open, taken.whole);
    }
  }

  /** The first `size` bytes of what is held and new, once they are all there. */
  #collect(bytes: Buffer, size: number): { used: number; whole?: Buffer } {
    const missing = size - this.#heldBytes;
    const part = bytes.subarray(0, missing);
    if (part.length === missing && this.#heldBytes === 0) return { used: missing, whole: part };
    this.#held.push(part);
    this.#heldBytes += part.length;
    if (part.length < missing) return { used: part.length };
    const whole = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return { used: part.length, whole };
  }
}

function readHead(head: Buffer): Open {
  const first = head.readUInt32BE(0);
  const isControl = first >= 0x80000000;
  const flags = head[4]!;
  const left = head.readUIntBE(5, 3);
  if (!isControl) {
    if (left > MAX_FRAME_BYTES) throw new SpdyProtocolError(`a data frame of ${left} bytes is too long`);
    return { isControl, word: first, flags, left };
  }
  if (first >>> 16 !== 0x8003) throw new SpdyProtocolError('this is not SPDY/3.1');
  if (left > MAX_CONTROL_BYTES) throw new SpdyProtocolError(`a control frame of ${left} bytes is too long`);
  return { isControl, word: first & 0xffff, flags, left };
}

function parseControl({ word, flags }: Open, payload: Buffer): Frame {
  try {
    return controlFrame(word, flags, payload);
  } catch (cause) {
    throw new SpdyProtocolError('a control frame ends too early', { cause });
  }
}
