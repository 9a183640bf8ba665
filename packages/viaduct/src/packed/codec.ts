import { createMessage, type Message, stringifyJson } from '@edgecore/beehive';
import { PackedCodecError } from '../errors.js';
import { readFields } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

/** Bytes before each payload (wire.md §3.1). */
export const PACKED_HEADER_BYTES = 10;
/** Largest payload either way (wire.md §3.1). */
export const PACKED_MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

const VERSION = 0x01_01_01_00;
const TYPE_MESSAGE = 1;

/**
 * One message as it crosses a QUIC stream: package header and protobuf
 * payload (wire.md §3). `resourceVersion` does not exist on this lane and is
 * lost. Content: `null` is left out, bytes and strings go as they are, anything else as its JSON text.
 *
 * @throws {PackedCodecError} when the payload exceeds 32 MiB.
 */
export function encodePacked(message: Message): Uint8Array {
  return packPayload(encodePackedPayload(message));
}

/** Puts the package header before a payload. @throws {PackedCodecError} above 32 MiB. */
export function packPayload(payload: Uint8Array): Uint8Array {
  assertPayloadLength(payload.length);
  const packet = Buffer.alloc(PACKED_HEADER_BYTES + payload.length);
  packet.writeUInt32BE(VERSION, 0);
  packet.writeUInt8(TYPE_MESSAGE, 4);
  packet.writeUInt32BE(payload.length, 6);
  packet.set(payload, PACKED_HEADER_BYTES);
  return packet;
}

/** The protobuf part of {@link encodePacked}. */
export function encodePackedPayload(message: Message): Uint8Array {
  const header = new WireWriter()
    .string(1, message.id)
    .string(2, message.parentId)
    .sint64(3, BigInt(message.timestamp))
    .bool(4, message.sync);
  const router = new WireWriter()
    .string(1, message.source)
    .string(2, message.group)
    .string(3, message.operation)
    .string(4, message.resource);
  // Fields 1 and 2 are written even when empty: upstream crashes without them.
  return new WireWriter()
    .always(1, header.finish())
    .always(2, router.finish())
    .bytes(3, contentBytes(message.content))
    .finish();
}

/**
 * Reads a payload. Content is always bytes, empty when absent; unknown fields are ignored.
 * @throws {PackedCodecError} when it is no protobuf message of this shape.
 */
export function decodePackedPayload(payload: Uint8Array): Message<Uint8Array> {
  assertPayloadLength(payload.length);
  const fields: MutableFields = { id: '', timestamp: 0, content: new Uint8Array(0) };
  for (const field of readFields(payload)) {
    if (field.kind !== 'bytes') continue;
    if (field.number === 1) readHeader(field.value, fields);
    else if (field.number === 2) readRouter(field.value, fields);
    else if (field.number === 3) fields.content = field.value;
  }
  return createMessage<Uint8Array>(fields);
}

/** @throws {PackedCodecError} above 32 MiB. */
export function assertPayloadLength(length: number): void {
  if (length > PACKED_MAX_PAYLOAD_BYTES) {
    throw new PackedCodecError(
      `payload of ${length} bytes exceeds the limit of ${PACKED_MAX_PAYLOAD_BYTES} bytes`,
    );
  }
}

type MutableFields = { -readonly [K in keyof Message<Uint8Array>]?: Message<Uint8Array>[K] };

function readHeader(data: Uint8Array, into: MutableFields): void {
  for (const field of readFields(data)) {
    if (field.kind === 'bytes' && field.number === 1) into.id = text(field.value);
    else if (field.kind === 'bytes' && field.number === 2) into.parentId = text(field.value);
    else if (field.kind === 'varint' && field.number === 3) into.timestamp = unzigzag(field.value);
    else if (field.kind === 'varint' && field.number === 4) into.sync = field.value !== 0n;
  }
}

const ROUTER_FIELDS = { 1: 'source', 2: 'group', 3: 'operation', 4: 'resource' } as const;

function readRouter(data: Uint8Array, into: MutableFields): void {
  for (const field of readFields(data)) {
    if (field.kind !== 'bytes') continue;
    const name = ROUTER_FIELDS[field.number as keyof typeof ROUTER_FIELDS];
    if (name) into[name] = text(field.value);
  }
}

function unzigzag(value: bigint): number {
  const number = Number((value >> 1n) ^ -(value & 1n));
  if (!Number.isSafeInteger(number)) throw new PackedCodecError('timestamp out of range');
  return number;
}

function text(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
}

function contentBytes(content: unknown): Uint8Array {
  if (content === null || content === undefined) return new Uint8Array(0);
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === 'string' ? content : stringifyJson(content), 'utf8');
}
