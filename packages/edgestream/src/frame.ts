/** Types of tunnel frames (edgestream.md §3). */
export const FrameType = {
  logsConnect: 0,
  execConnect: 1,
  metricConnect: 2,
  data: 3,
  removeConnect: 4,
  close: 5,
  attachConnect: 6,
} as const;

export interface TunnelFrame {
  readonly connectId: bigint;
  readonly type: bigint;
  readonly data: Buffer;
}

/** A websocket message that is no frame. */
export class InvalidFrameError extends Error {}

const MAX_VARINT_BYTES = 10;
const MAX_ID = 2n ** 64n - 1n;

/** `uvarint id | uvarint type | data`. */
export function encodeFrame(connectId: bigint, type: number, data?: Buffer): Buffer {
  const head = Buffer.from([...varint(connectId), ...varint(BigInt(type))]);
  return data ? Buffer.concat([head, data]) : head;
}

/** The data of the result is a view. @throws {InvalidFrameError} */
export function decodeFrame(message: Buffer): TunnelFrame {
  const id = readVarint(message, 0);
  const type = readVarint(message, id.end);
  return { connectId: id.value, type: type.value, data: message.subarray(type.end) };
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

function readVarint(message: Buffer, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = message[start + index];
    if (byte === undefined) throw new InvalidFrameError('the frame ends inside a number');
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) {
      if (value > MAX_ID) break;
      return { value, end: start + index + 1 };
    }
  }
  throw new InvalidFrameError('a number of the frame is too long');
}
