import { isRecord } from '@edgecore/api';
import { type Field, jsonName, type Message, type MessageType } from './message-type.js';

/**
 * Reads a message in protobuf's JSON form: camelCase or original names, 64-bit numbers as texts or
 * numbers, enums by name or number, `null` as unset. Fields nobody knows are ignored: a newer cloud may have more.
 *
 * @throws TypeError naming the path of what is not of its type.
 */
export function messageFromJson(type: MessageType, json: unknown, path = ''): Message {
  if (!isRecord(json)) throw new TypeError(`${path === '' ? 'the request' : path} must be an object`);
  const message: Record<string, unknown> = {};
  const members = new Map<string, string>();
  for (const field of type) {
    const key = jsonName(field);
    const value = json[key] ?? json[field.name];
    if (value === undefined || value === null) continue;
    const at = path === '' ? key : `${path}.${key}`;
    const rival = field.oneof === undefined ? undefined : members.get(field.oneof);
    if (rival !== undefined) throw new TypeError(`${at} excludes ${rival}: only one of them may be set`);
    if (field.oneof !== undefined) members.set(field.oneof, at);
    if (!field.repeated) message[key] = valueFromJson(field, value, at);
    else if (!Array.isArray(value)) throw new TypeError(`${at} must be a list`);
    else message[key] = value.map((one, index) => valueFromJson(field, one, `${at}[${index}]`));
  }
  return message;
}

function valueFromJson({ kind }: Field, value: unknown, at: string): unknown {
  if (kind === 'string') return ofType<string>(value, 'string', at);
  if (kind === 'bool') return ofType<boolean>(value, 'boolean', at);
  if (kind === 'int64') return int64(value, at);
  if (kind === 'map') {
    if (!isRecord(value)) throw new TypeError(`${at} must be an object of texts`);
    const entries = Object.entries(value);
    return new Map(entries.map(([key, text]) => [key, ofType<string>(text, 'string', `${at}.${key}`)]));
  }
  if ('message' in kind) return messageFromJson(kind.message, value, at);
  const number = typeof value === 'string' ? kind.enumeration.indexOf(value) : value;
  if (!Number.isInteger(number) || (number as number) < 0 || (number as number) > 0x7fff_ffff) {
    throw new TypeError(`${at} must be one of ${kind.enumeration.join(', ')}`);
  }
  return number;
}

function int64(value: unknown, at: string): bigint {
  const isWhole =
    typeof value === 'number' ? Number.isSafeInteger(value) : /^-?\d{1,19}$/.test(String(value));
  const whole = isWhole ? BigInt(value as string | number) : undefined;
  if (whole === undefined || BigInt.asIntN(64, whole) !== whole) {
    throw new TypeError(`${at} must be a whole number of 64 bits`);
  }
  return whole;
}

function ofType<T>(value: unknown, type: string, at: string): T {
  if (typeof value !== type) throw new TypeError(`${at} must be a ${type}`);
  return value as T;
}
