import { isUtf8 } from 'node:buffer';
import { MalformedMessageError } from './malformed.js';
import { END_GROUP, FIXED32, FIXED64, LENGTH_DELIMITED, START_GROUP, VARINT } from './wire.js';

const MAX_VARINT_BYTES = 10;
const MAX_FIELD_NUMBER = 2 ** 29 - 1;

/** How much a message may hold: a field of two bytes becomes an object of a hundred. */
export interface DecodeLimits {
  /** Fields of the message and all inside it, unknown ones too. Default 100,000. */
  readonly maxFields: number;
  /** Messages inside messages, the outermost one included. Default 32. */
  readonly maxDepth: number;
}

/** The defaults of {@link DecodeLimits}. */
export const DECODE_LIMITS: DecodeLimits = { maxFields: 100_000, maxDepth: 32 };

/** Reads one message's bytes from start to end; readers of messages inside share the count of fields. */
export class WireReader {
  #at = 0;
  readonly #bytes: Buffer;
  readonly #depth: number;
  readonly #left: { fields: number };

  constructor(bytes: Buffer, limits: DecodeLimits = DECODE_LIMITS, left = { fields: limits.maxFields }) {
    this.#bytes = bytes;
    this.#depth = limits.maxDepth;
    this.#left = left;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next field's number and wire type. */
  tag(): { number: number; wire: number } {
    if (--this.#left.fields < 0) throw new MalformedMessageError('the message has too many fields');
    const tag = Number(this.varint());
    const number = Math.floor(tag / 8);
    if (number < 1 || number > MAX_FIELD_NUMBER) {
      throw new MalformedMessageError(`${number} is no number of a field`);
    }
    return { number, wire: tag % 8 };
  }

  /** 64 bits, unsigned. */
  varint(): bigint {
    let low = 0;
    for (let index = 0; index < 4; index++) {
      const byte = this.#byte();
      low += (byte & 0x7f) * 128 ** index;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let index = 4; index < MAX_VARINT_BYTES; index++) {
      const byte = this.#byte();
      if (index === MAX_VARINT_BYTES - 1 && byte > 1) break;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return value;
    }
    throw new MalformedMessageError('a number has more than 64 bits');
  }

  float(): number {
    return this.#take(4).readFloatLE(0);
  }

  bytes(): Buffer {
    const length = this.varint();
    if (length > BigInt(this.#bytes.length - this.#at)) throw cut();
    return this.#take(Number(length));
  }

  string(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw new MalformedMessageError('a string is not valid UTF-8');
    return bytes.toString('utf8');
  }

  /** A reader for the message that comes next. */
  inner(): WireReader {
    return new WireReader(this.bytes(), this.#deeper(), this.#left);
  }

  /** Over a field nobody knows. */
  skip(number: number, wire: number): void {
    switch (wire) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.#take(8);
        return;
      case LENGTH_DELIMITED:
        this.bytes();
        return;
      case START_GROUP:
        this.#skipGroup(number);
        return;
      case FIXED32:
        this.#take(4);
        return;
      default:
        throw new MalformedMessageError(`wire type ${wire} does not fit here`);
    }
  }

  #skipGroup(outer: number): void {
    const open = [outer];
    while (open.length > 0) {
      const { number, wire } = this.tag();
      if (wire === START_GROUP) {
        if (open.push(number) > this.#depth) throw tooDeep();
      } else if (wire !== END_GROUP) {
        this.skip(number, wire);
      } else if (open.pop() !== number) {
        throw new MalformedMessageError('a group ends that was not begun');
      }
    }
  }

  #deeper(): DecodeLimits {
    if (this.#depth <= 1) throw tooDeep();
    return { maxFields: 0, maxDepth: this.#depth - 1 };
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw cut();
    return byte;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw cut();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

const cut = () => new MalformedMessageError('the message is cut');
const tooDeep = () => new MalformedMessageError('the message is nested too deeply');
