/** Collects the bytes of one protobuf message. Empty strings, false and zero are left out, as proto3 does. */
export class WireWriter {
  readonly #chunks: Uint8Array[] = [];

  string(number: number, value: string): this {
    return value === '' ? this : this.always(number, Buffer.from(value, 'utf8'));
  }

  bytes(number: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.always(number, value);
  }

  /** Length-delimited, written even when empty. */
  always(number: number, value: Uint8Array): this {
    this.#chunks.push(varint(BigInt((number << 3) | 2)), varint(BigInt(value.length)), value);
    return this;
  }

  bool(number: number, value: boolean): this {
    if (value) this.#chunks.push(varint(BigInt(number << 3)), Uint8Array.of(1));
    return this;
  }

  /** A zigzag number (`sint64`). */
  sint64(number: number, value: bigint): this {
    if (value === 0n) return this;
    const zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    this.#chunks.push(varint(BigInt(number << 3)), varint(zigzag));
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
