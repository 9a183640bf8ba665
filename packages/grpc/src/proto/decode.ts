import { type AnyMessage, type Field, isEnum, isMessage, type Kind } from './message-type.js';
import type { Decoded } from './typed.js';
import { FIXED32, LENGTH_DELIMITED, VARINT } from './wire.js';
import { type DecodeLimits, WireReader } from './wire-reader.js';

type Values = Record<string, unknown>;

/**
 * Reads a message. Unknown fields are skipped, and known ones with another wire type too, as Go does; of a
 * field that comes twice the last one counts, messages are merged; the last member of a `oneof` wins.
 *
 * @throws {MalformedMessageError} for bytes that are no protobuf, strings that are not UTF-8, and beyond the limits.
 */
export function decode<M extends AnyMessage>(type: M, bytes: Uint8Array, limits?: DecodeLimits): Decoded<M> {
  const values = emptyMessage(type);
  const { buffer, byteOffset, byteLength } = bytes;
  readInto(values, type, new WireReader(Buffer.from(buffer, byteOffset, byteLength), limits));
  return values as Decoded<M>;
}

function emptyMessage(type: AnyMessage): Values {
  return Object.fromEntries(type.fields.map((field) => [field.name, emptyField(field)]));
}

function emptyField({ many, kind, oneof }: Field): unknown {
  if (many === 'repeated') return [];
  if (many === 'map') return new Map();
  return oneof === undefined ? emptyValue(kind) : undefined;
}

function emptyValue(kind: Kind): unknown {
  switch (kind) {
    case 'string':
      return '';
    case 'bytes':
      return Buffer.alloc(0);
    case 'bool':
      return false;
    case 'int64':
      return 0n;
    default:
      return isMessage(kind) ? undefined : 0;
  }
}

function readInto(values: Values, type: AnyMessage, reader: WireReader): void {
  while (!reader.done) {
    const { number, wire } = reader.tag();
    const field = type.byNumber.get(number);
    if (!field || wire !== wireOf(field)) {
      reader.skip(number, wire);
      continue;
    }
    const { name, kind, many, oneof } = field;
    if (oneof !== undefined) unsetRivals(values, type, field);
    if (many === 'map') readEntry(values[name] as Map<string, unknown>, kind, reader.inner());
    else if (many === 'repeated') (values[name] as unknown[]).push(readValue(kind, reader, undefined));
    else values[name] = readValue(kind, reader, values[name]);
  }
}

function unsetRivals(values: Values, type: AnyMessage, field: Field): void {
  for (const other of type.fields) {
    if (other.oneof === field.oneof && other !== field) values[other.name] = undefined;
  }
}

/** An entry of a map is a message `{ key = 1, value = 2 }`. */
function readEntry(map: Map<string, unknown>, kind: Kind, reader: WireReader): void {
  let key = '';
  let value = isMessage(kind) ? emptyMessage(kind) : emptyValue(kind);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === LENGTH_DELIMITED) key = reader.string();
    else if (number === 2 && wire === kindWire(kind)) value = readValue(kind, reader, value);
    else reader.skip(number, wire);
  }
  map.set(key, value);
}

function readValue(kind: Kind, reader: WireReader, before: unknown): unknown {
  if (isMessage(kind)) {
    const values = (before as Values | undefined) ?? emptyMessage(kind);
    readInto(values, kind, reader.inner());
    return values;
  }
  if (isEnum(kind)) return Number(BigInt.asIntN(32, reader.varint()));
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

function wireOf({ many, kind }: Field): number {
  return many === undefined ? kindWire(kind) : LENGTH_DELIMITED;
}

function kindWire(kind: Kind): number {
  if (isEnum(kind) || kind === 'bool' || kind === 'int32' || kind === 'int64') return VARINT;
  return kind === 'float' ? FIXED32 : LENGTH_DELIMITED;
}
