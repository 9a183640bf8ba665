import type { AnyMessage, Field, Init, MessageType, ScalarKind, Shape } from './message-type.js';
import { FIXED32, LENGTH_DELIMITED, tagBytes, VARINT, varintBytes } from './wire.js';

/**
 * Writes a message: fields in the order of their numbers, zero values left out
 * (as Go does), entries of maps in the order of their keys, so that equal
 * messages have equal bytes.
 */
export function encode<S extends Shape>(type: MessageType<S>, init: Init<MessageType<S>>): Buffer {
  return encodeAny(type, init as Readonly<Record<string, unknown>>);
}

function encodeAny(type: AnyMessage, values: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.concat(
    type.fields.flatMap((field) => {
      const value = values[field.name];
      return value === undefined ? [] : encodeField(field, value);
    }),
  );
}

function encodeField(field: Field, value: unknown): Buffer[] {
  const { number, kind } = field;
  if (field.many === 'repeated') return (value as unknown[]).flatMap((item) => tagged(number, kind, item));
  if (field.many === 'map') {
    return Object.entries(value as Record<string, unknown>)
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .flatMap(([key, item]) =>
        delimited(number, Buffer.concat([...tagged(1, 'string', key), ...tagged(2, kind, item)])),
      );
  }
  return isZero(kind, value) ? [] : tagged(number, kind, value);
}

function tagged(number: number, kind: Field['kind'], value: unknown): Buffer[] {
  if (typeof kind !== 'string')
    return delimited(number, encodeAny(kind, value as Readonly<Record<string, unknown>>));
  switch (kind) {
    case 'string':
      return delimited(number, Buffer.from(value as string, 'utf8'));
    case 'bytes':
      return delimited(number, Buffer.from(value as Uint8Array));
    case 'bool':
      return [tagBytes(number, VARINT), varintBytes(value ? 1 : 0)];
    case 'int32':
    case 'int64':
      return [tagBytes(number, VARINT), varintBytes(value as number | bigint)];
    case 'float': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value as number);
      return [tagBytes(number, FIXED32), bytes];
    }
  }
}

function delimited(number: number, bytes: Buffer): Buffer[] {
  return [tagBytes(number, LENGTH_DELIMITED), varintBytes(bytes.length), bytes];
}

/** A message that is there is written even when it is empty. */
function isZero(kind: ScalarKind | AnyMessage, value: unknown): boolean {
  switch (kind) {
    case 'string':
    case 'bytes':
      return (value as string | Uint8Array).length === 0;
    case 'bool':
      return !value;
    case 'int64':
      return BigInt(value as bigint) === 0n;
    case 'int32':
    case 'float':
      return Object.is(value, 0);
    default:
      return false;
  }
}
