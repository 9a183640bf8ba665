import { PackedCodecError } from '../errors.js';

/** One field of a protobuf message. */
export type WireField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly kind: 'fixed' };

const MAX_VARINT_BYTES = 10;

/** The fields of one protobuf message in order; fixed-width ones are only skipped, as no message here has any. */
export function* readFields(data: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = data[at++];
      if (byte === undefined) throw new PackedCodecError('truncated number');
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if ((byte & 0x80) === 0) return BigInt.asUintN(64, value);
    }
    throw new PackedCodecError('number longer than 10 bytes');
  };
  const skip = (count: number) => {
    if (count > data.length - at) throw new PackedCodecError('truncated field');
    at += count;
  };
  while (at < data.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number === 0 || tag > 0xffffffffn) throw new PackedCodecError('impossible field number');
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, kind: 'varint', value: varint() };
        break;
      case 1:
        skip(8);
        yield { number, kind: 'fixed' };
        break;
      case 2: {
        const length = varint();
        if (length > BigInt(data.length - at)) throw new PackedCodecError('truncated field');
        const start = at;
        at += Number(length);
        yield { number, kind: 'bytes', value: data.subarray(start, at) };
        break;
      }
      case 5:
        skip(4);
        yield { number, kind: 'fixed' };
        break;
      default:
        throw new PackedCodecError(`unsupported wire type ${tag & 7n}`);
    }
  }
}
