/** Wire types of Protocol Buffers that proto3 still uses. */
export const WireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/** A varint of up to 64 bits; negative numbers in two's complement, as Go and C++ write them. */
export function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

/** Reads a message field by field. Every reader throws an Error when the bytes end early. */
export class WireReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.#at >= this.bytes.length;
  }

  /** Unsigned, 64 bits. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new Error('the message is cut');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error('the message is not protobuf: a number is longer than 64 bits');
  }

  tag(): { readonly number: number; readonly type: number } {
    const tag = this.varint();
    const number = Number(tag >> 3n);
    if (number === 0 || tag > 0xffff_ffffn)
      throw new Error('the message is not protobuf: no such field number');
    return { number, type: Number(tag & 7n) };
  }

  bytesField(): Uint8Array {
    return this.#take(this.varint());
  }

  /** Passes over a field nobody knows. */
  skip(type: number): void {
    if (type === WireType.varint) this.varint();
    else if (type === WireType.fixed64) this.#take(8n);
    else if (type === WireType.lengthDelimited) this.bytesField();
    else if (type === WireType.fixed32) this.#take(4n);
    else throw new Error(`the message is not protobuf: wire type ${type}`);
  }

  #take(length: bigint): Uint8Array {
    if (length > BigInt(this.bytes.length - this.#at)) throw new Error('the message is cut');
    const start = this.#at;
    this.#at += Number(length);
    return this.bytes.subarray(start, this.#at);
  }
}
