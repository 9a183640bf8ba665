import { isRecord } from '@edgecore/api';
import { type AnyMessage, isEnum, isMessage, type Kind } from '@edgecore/grpc';
import { protoName } from './proto-name.js';

/**
 * Reads a message in protobuf's JSON form: camelCase or original names, 64-bit numbers as texts or
 * numbers, enums by name or number, `null` as unset. Fields nobody knows are ignored: a newer cloud may have more.
 *
 * @throws TypeError naming the path of what is not of its type.
 */
export function messageFromJson(
  type: AnyMessage,
  json: unknown,
  path = '',
): Readonly<Record<string, unknown>> {
  if (!isRecord(json)) throw new TypeError(`${path === '' ? 'the request' : path} must be an object`);
  const message: Record<string, unknown> = {};
  const members = new Map<string, string>();
  for (const { name: key, kind, many, oneof } of type.fields) {
    const value = json[key] ?? json[protoName(key)];
    if (value === undefined || value === null) continue;
    const at = path === '' ? key : `${path}.${key}`;
    const rival = oneof === undefined ? undefined : members.get(oneof);
    if (rival !== undefined) throw new TypeError(`${at} excludes ${rival}: only one of them may be set`);
    if (oneof !== undefined) members.set(oneof, at);
    if (many === 'map') message[key] = mapFromJson(kind, value, at);
    else if (many === undefined) message[key] = valueFromJson(kind, value, at);
    else if (!Array.isArray(value)) throw new TypeError(`${at} must be a list`);
    else message[key] = value.map((one, index) => valueFromJson(kind, one, `${at}[${index}]`));
  }
  return message;
}

function mapFromJson(kind: Kind, value: unknown, at: string): ReadonlyMap<string, unknown> {
  if (!isRecord(value)) throw new TypeError(`${at} must be an object of texts`);
  const entries = Object.entries(value);
  return new Map(entries.map(([key, one]) => [key, valueFromJson(kind, one, `${at}.${key}`)]));
}

function valueFromJson(kind: Kind, value: unknown, at: string): unknown {
  if (kind === 'string') return ofType<string>(value, 'string', at);
  if (kind === 'bool') return ofType<boolean>(value, 'boolean', at);
  if (kind === 'int64') return int64(value, at);
  if (isMessage(kind)) return messageFromJson(kind, value, at);
  // CSI has no other kinds of fields where the cloud speaks.
  if (!isEnum(kind)) throw new TypeError(`${at} has no JSON form here`);
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
