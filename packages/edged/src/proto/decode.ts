import { MAP_ENTRY } from './encode.js';
import { type Field, jsonName, type Message, type MessageType } from './message-type.js';
import { WireReader, WireType } from './wire.js';

/** Deeper than any message here; bounds what hostile bytes can do to the stack. */
const MAX_DEPTH = 32;

/**
 * Reads a message. Unknown fields are skipped, of a field that comes twice the last one counts,
 * messages are merged, the last member of a `oneof` wins. An absent map or list is empty, every other
 * absent field is absent.
 *
 * @throws Error when the bytes are not a protobuf message, a field has another wire type, or a text is not UTF-8.
 */
export function decodeMessage(type: MessageType, bytes: Uint8Array): Message {
  const message = emptyMessage(type);
  decodeInto(message, type, bytes, 0);
  return message;
}

function emptyMessage(type: MessageType): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of type) {
    if (field.repeated) message[jsonName(field)] = [];
    else if (field.kind === 'map') message[jsonName(field)] = new Map<string, string>();
  }
  return message;
}

function decodeInto(
  message: Record<string, unknown>,
  type: MessageType,
  bytes: Uint8Array,
  depth: number,
): void {
  if (depth > MAX_DEPTH) throw new Error('the message is not protobuf: too many levels');
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, type: wireType } = reader.tag();
    const field = type.find((one) => one.number === number);
    if (!field) {
      reader.skip(wireType);
      continue;
    }
    const isNumber = field.kind === 'bool' || field.kind === 'int64' || isEnum(field);
    if (wireType !== (isNumber ? WireType.varint : WireType.lengthDelimited)) {
      throw new Error(`the message is not the expected one: field ${field.name} has wire type ${wireType}`);
    }
    const key = jsonName(field);
    if (field.oneof !== undefined) {
      for (const other of type) {
        if (other.oneof === field.oneof && other !== field) delete message[jsonName(other)];
      }
    }
    const value = decodeField(field, reader, field.repeated ? undefined : message[key], depth);
    if (field.repeated) (message[key] as unknown[]).push(value);
    else message[key] = value;
  }
}

function decodeField({ kind }: Field, reader: WireReader, before: unknown, depth: number): unknown {
  if (kind === 'string') return text(reader.bytesField());
  if (kind === 'bool') return reader.varint() !== 0n;
  if (kind === 'int64') return BigInt.asIntN(64, reader.varint());
  if (kind === 'map') {
    const { key, value } = decodeMessage(MAP_ENTRY, reader.bytesField());
    return (before as Map<unknown, unknown>).set(key ?? '', value ?? '');
  }
  if ('enumeration' in kind) return Number(BigInt.asIntN(32, reader.varint()));
  const inner = (before as Record<string, unknown> | undefined) ?? emptyMessage(kind.message);
  decodeInto(inner, kind.message, reader.bytesField(), depth + 1);
  return inner;
}

function isEnum({ kind }: Field): boolean {
  return typeof kind === 'object' && 'enumeration' in kind;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
