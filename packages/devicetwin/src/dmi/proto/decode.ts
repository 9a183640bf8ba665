import type { AnyMessage, Decoded, Field, MessageType, ScalarKind, Shape } from './message-type.js';
import { type DecodeLimits, FIXED32, LENGTH_DELIMITED, VARINT, WireReader } from './wire.js';

type Values = Record<string, unknown>;

/**
 * Reads a message. Unknown fields are skipped, and known ones with another
 * wire type too, as Go does; a message that occurs twice is merged.
 *
 * @throws {MalformedMessageError} for bytes that are no protobuf, strings that are not UTF-8, and beyond the limits.
 */
export function decode<S extends Shape>(
  type: MessageType<S>,
  bytes: Buffer,
  limits?: DecodeLimits,
): Decoded<MessageType<S>> {
  const values = emptyMessage(type);
  readInto(values, type, new WireReader(bytes, limits));
  return values as Decoded<MessageType<S>>;
}

function emptyMessage(type: AnyMessage): Values {
  return Object.fromEntries(type.fields.map((field) => [field.name, emptyField(field)]));
}

function emptyField({ many, kind }: Field): unknown {
  if (many === 'repeated') return [];
  // Keys come from outside: `__proto__` must be a key like any other.
  if (many === 'map') return Object.create(null);
  return emptyValue(kind);
}

function emptyValue(kind: Field['kind']): unknown {
  switch (kind) {
    case 'string':
      return '';
    case 'bytes':
      return Buffer.alloc(0);
    case 'bool':
      return false;
    case 'int64':
      return 0n;
    case 'int32':
    case 'float':
      return 0;
    default:
      return undefined;
  }
}

function readInto(values: Values, type: AnyMessage, reader: WireReader): void {
  while (!reader.done) {
    const { number, wire } = reader.tag();
    const field = type.byNumber.get(number);
    if (!field || wire !== wireOf(field)) reader.skip(number, wire);
    else if (field.many === 'map') readEntry(values[field.name] as Values, field, reader.inner());
    else if (field.many === 'repeated')
      (values[field.name] as unknown[]).push(readValue(field.kind, reader, undefined));
    else values[field.name] = readValue(field.kind, reader, values[field.name]);
  }
}

/** An entry of a map is a message `{ key = 1, value = 2 }`. */
function readEntry(map: Values, { kind }: Field, reader: WireReader): void {
  let key = '';
  let value = typeof kind === 'string' ? emptyValue(kind) : emptyMessage(kind);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === LENGTH_DELIMITED) key = reader.string();
    else if (number === 2 && wire === kindWire(kind)) value = readValue(kind, reader, value);
    else reader.skip(number, wire);
  }
  map[key] = value;
}

function readValue(kind: Field['kind'], reader: WireReader, before: unknown): unknown {
  if (typeof kind === 'string') return readScalar(kind, reader);
  const values = (before as Values | undefined) ?? emptyMessage(kind);
  readInto(values, kind, reader.inner());
  return values;
}

function readScalar(kind: ScalarKind, reader: WireReader): unknown {
  switch (kind) {
    case 'string':
      return reader.string();
    case 'bytes':
      // Its own memory: the rest of the message is not kept alive by it.
      return Buffer.from(reader.bytes());
    case 'bool':
      return reader.varint() !== 0n;
    case 'int32':
      return Number(BigInt.asIntN(32, reader.varint()));
    case 'int64':
      return BigInt.asIntN(64, reader.varint());
    case 'float':
      return reader.float();
  }
}

function wireOf(field: Field): number {
  return field.many === undefined ? kindWire(field.kind) : LENGTH_DELIMITED;
}

function kindWire(kind: Field['kind']): number {
  switch (kind) {
    case 'bool':
    case 'int32':
    case 'int64':
      return VARINT;
    case 'float':
      return FIXED32;
    default:
      return LENGTH_DELIMITED;
  }
}
