import { type Field, jsonName, type Message, type MessageType } from './message-type.js';
import { varint, WireType } from './wire.js';

/**
 * The bytes of a message. Fields with their type's zero value are left out, except members of a `oneof`.
 *
 * @throws TypeError naming the field when a value is not of its type.
 */
export function encodeMessage(type: MessageType, message: Message): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of type) {
    const value = message[jsonName(field)];
    if (value === undefined || value === null) continue;
    for (const one of field.repeated ? list(field, value) : [value]) encodeField(field, one, parts);
  }
  return Buffer.concat(parts);
}

function encodeField(field: Field, value: unknown, parts: Uint8Array[]): void {
  const { kind } = field;
  const isShown = field.repeated === true || field.oneof !== undefined;
  if (kind === 'string') {
    const text = Buffer.from(typed<string>(field, value, typeof value === 'string'), 'utf8');
    if (text.length > 0 || isShown) delimited(field.number, text, parts);
  } else if (kind === 'bool') {
    const flag = typed<boolean>(field, value, typeof value === 'boolean');
    if (flag || isShown) number(field.number, flag ? 1n : 0n, parts);
  } else if (kind === 'int64') {
    const whole = int64(field, value);
    if (whole !== 0n || isShown) number(field.number, whole, parts);
  } else if (kind === 'map') {
    const entries = typed<ReadonlyMap<unknown, unknown>>(field, value, value instanceof Map);
    for (const [key, text] of entries) {
      delimited(field.number, encodeMessage(MAP_ENTRY, { key, value: text }), parts);
    }
  } else if ('enumeration' in kind) {
    const whole = typed<number>(field, value, Number.isInteger(value));
    if (whole !== 0 || isShown) number(field.number, BigInt(whole), parts);
  } else {
    const inner = typed<Message>(field, value, typeof value === 'object');
    delimited(field.number, encodeMessage(kind.message, inner), parts);
  }
}

/** Key and value are always written, as the reference implementations do. */
export const MAP_ENTRY: MessageType = [
  { number: 1, name: 'key', kind: 'string', oneof: 'key' },
  { number: 2, name: 'value', kind: 'string', oneof: 'value' },
];

function number(field: number, value: bigint, parts: Uint8Array[]): void {
  parts.push(Buffer.from([...tag(field, WireType.varint), ...varint(value)]));
}

function delimited(field: number, bytes: Uint8Array, parts: Uint8Array[]): void {
  parts.push(Buffer.from([...tag(field, WireType.lengthDelimited), ...varint(BigInt(bytes.length))]), bytes);
}

function tag(field: number, type: number): number[] {
  return varint(BigInt(field * 8 + type));
}

function list(field: Field, value: unknown): readonly unknown[] {
  return typed<readonly unknown[]>(field, value, Array.isArray(value));
}

function int64(field: Field, value: unknown): bigint {
  try {
    return BigInt(typed<bigint>(field, value, ['bigint', 'number', 'string'].includes(typeof value)));
  } catch {
    throw wrongType(field);
  }
}

function typed<T>(field: Field, value: unknown, isRight: boolean): T {
  if (!isRight) throw wrongType(field);
  return value as T;
}

function wrongType({ name, kind, repeated }: Field): TypeError {
  const what = typeof kind === 'string' ? kind : 'enumeration' in kind ? 'number of an enum' : 'message';
  return new TypeError(`${name} must be ${repeated ? 'a list: ' : 'a '}${what}`);
}
