import { type AnyMessage, type Field, isEnum, isMessage, type Kind } from './message-type.js';
import type { Init } from './typed.js';
import { FIXED32, LENGTH_DELIMITED, tagBytes, VARINT, varintBytes } from './wire.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Writes a message: fields in the order of their numbers, zero values left out (as Go does) except in a
 * `oneof`, entries of maps in the order of their keys, so that equal messages have equal bytes.
 *
 * @throws TypeError naming the field when a value is not of its type, or two members of a `oneof` are set.
 */
export function encode<M extends AnyMessage>(type: M, init: Init<M>): Buffer {
  return encodeAny(type, init as Values);
}

function encodeAny(type: AnyMessage, values: Values): Buffer {
  const parts: Buffer[] = [];
  const members = new Map<string, string>();
  for (const field of type.fields) {
    const value = values[field.name];
    if (value === undefined) continue;
    const { name, oneof } = field;
    if (oneof !== undefined) {
      const rival = members.get(oneof);
      if (rival !== undefined)
        throw new TypeError(`${type.name}.${name} excludes ${rival}: one of them at most`);
      members.set(oneof, name);
    }
    encodeField(type, field, value, parts);
  }
  return Buffer.concat(parts);
}

function encodeField(type: AnyMessage, field: Field, value: unknown, parts: Buffer[]): void {
  const { name, number, kind, many, oneof } = field;
  const at = `${type.name}.${name}`;
  if (many === 'repeated') {
    if (!Array.isArray(value)) throw new TypeError(`${at} must be an array`);
    for (const item of value) tagged(number, kind, checked(kind, item, at), parts);
  } else if (many === 'map') {
    if (!(value instanceof Map)) throw new TypeError(`${at} must be a Map`);
    for (const [key, item] of inOrder(value)) {
      const entry: Buffer[] = [];
      tagged(1, 'string', checked('string', key, `a key of ${at}`), entry);
      tagged(2, kind, checked(kind, item, at), entry);
      delimited(number, Buffer.concat(entry), parts);
    }
  } else if (checked(kind, value, at) !== undefined && (oneof !== undefined || !isZero(kind, value))) {
    tagged(number, kind, value, parts);
  }
}

function inOrder(map: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b))));
}

function tagged(number: number, kind: Kind, value: unknown, parts: Buffer[]): void {
  if (isMessage(kind)) delimited(number, encodeAny(kind, value as Values), parts);
  else if (kind === 'string') delimited(number, Buffer.from(value as string, 'utf8'), parts);
  else if (kind === 'bytes') delimited(number, Buffer.from(value as Uint8Array), parts);
  else if (kind === 'float') {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value as number);
    parts.push(tagBytes(number, FIXED32), bytes);
  } else {
    parts.push(
      tagBytes(number, VARINT),
      varintBytes(kind === 'bool' ? Number(value) : (value as number | bigint)),
    );
  }
}

function delimited(number: number, bytes: Buffer, parts: Buffer[]): void {
  parts.push(tagBytes(number, LENGTH_DELIMITED), varintBytes(bytes.length), bytes);
}

/** A message that is there is written even when it is empty. */
function isZero(kind: Kind, value: unknown): boolean {
  if (isMessage(kind)) return false;
  if (kind === 'string' || kind === 'bytes') return (value as string | Uint8Array).length === 0;
  // Not -0: that is another float.
  if (kind === 'float') return Object.is(value, 0);
  return !value;
}

/** The value. @throws TypeError when it is not of its type. */
function checked(kind: Kind, value: unknown, at: string): unknown {
  const wanted = wantedFor(kind, value);
  if (wanted !== undefined) throw new TypeError(`${at} must be ${wanted}`);
  return value;
}

/** What a value should be; `undefined` when it is that. */
function wantedFor(kind: Kind, value: unknown): string | undefined {
  if (isMessage(kind))
    return typeof value === 'object' && value !== null ? undefined : `a message ${kind.name}`;
  if (isEnum(kind)) return isInt32(value) ? undefined : 'the number of a value of an enumeration';
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? undefined : 'a string';
    case 'bytes':
      return ArrayBuffer.isView(value) ? undefined : 'bytes (Uint8Array)';
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'a boolean';
    case 'float':
      return typeof value === 'number' ? undefined : 'a number';
    case 'int32':
      return isInt32(value) ? undefined : 'a whole number of 32 bits';
    case 'int64':
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
        ? undefined
        : 'a bigint of 64 bits';
  }
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value === (value | 0);
}
