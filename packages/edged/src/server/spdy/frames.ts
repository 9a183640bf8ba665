/** Control frame types of SPDY/3.1 that Go's peers use (edgestream.md §11). */
export const FrameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const RstStatus = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;
export const GoawayStatus = { ok: 0, protocolError: 1 } as const;

/** One frame as received. A long data frame comes in pieces; only the last of them has `fin`. */
export type Frame =
  | { readonly kind: 'data'; readonly streamId: number; readonly data: Buffer; readonly fin: boolean }
  | { readonly kind: 'synStream'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly kind: 'synReply'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly kind: 'headers'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly kind: 'rst'; readonly streamId: number; readonly status: number }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'goaway'; readonly lastStreamId: number; readonly status: number }
  /** Settings, window updates and types nobody knows: Go ignores them as well. */
  | { readonly kind: 'ignored'; readonly type: number };

const VERSION = 0x8003;
const FIN = 1;
const STREAM_ID = 0x7fffffff;

/** A data frame; its payload follows it on the wire as it is. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt32BE((((fin ? FIN : 0) << 24) | length) >>> 0, 4);
  return head;
}

export function control(type: number, flags: number, ...payload: readonly Buffer[]): Buffer {
  const head = Buffer.allocUnsafe(8);
  head.writeUInt16BE(VERSION, 0);
  head.writeUInt16BE(type, 2);
  const length = payload.reduce((sum, { length: size }) => sum + size, 0);
  head.writeUInt32BE(((flags << 24) | length) >>> 0, 4);
  return Buffer.concat([head, ...payload]);
}

export function synStream(streamId: number, block: Buffer): Buffer {
  return control(FrameType.synStream, 0, words(streamId, 0), Buffer.alloc(2), block);
}

export function synReply(streamId: number, block: Buffer): Buffer {
  return control(FrameType.synReply, 0, words(streamId), block);
}

export function rstStream(streamId: number, status: number): Buffer {
  return control(FrameType.rstStream, 0, words(streamId, status));
}

export function ping(id: number): Buffer {
  return control(FrameType.ping, 0, words(id));
}

export function goaway(lastStreamId: number, status: number): Buffer {
  return control(FrameType.goaway, 0, words(lastStreamId, status));
}

/** @throws {RangeError} when the payload is too short for its type. */
export function controlFrame(type: number, flags: number, payload: Buffer): Frame {
  const fin = (flags & FIN) !== 0;
  switch (type) {
    case FrameType.synStream:
      return { kind: 'synStream', streamId: idAt(payload, 0), fin, block: rest(payload, 10) };
    case FrameType.synReply:
      return { kind: 'synReply', streamId: idAt(payload, 0), fin, block: rest(payload, 4) };
    case FrameType.headers:
      return { kind: 'headers', streamId: idAt(payload, 0), fin, block: rest(payload, 4) };
    case FrameType.rstStream:
      return { kind: 'rst', streamId: idAt(payload, 0), status: payload.readUInt32BE(4) };
    case FrameType.ping:
      return { kind: 'ping', id: payload.readUInt32BE(0) };
    case FrameType.goaway:
      return { kind: 'goaway', lastStreamId: idAt(payload, 0), status: payload.readUInt32BE(4) };
    default:
      return { kind: 'ignored', type };
  }
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

function idAt(payload: Buffer, offset: number): number {
  return (payload.readUInt32BE(offset) & STREAM_ID) >>> 0;
}

function rest(payload: Buffer, offset: number): Buffer {
  if (payload.length < offset) throw new RangeError('a control frame ends too early');
  return payload.subarray(offset);
}
