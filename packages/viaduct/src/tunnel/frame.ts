/** Types of frames of the stream tunnel (edgestream.md §3). */
export const TunnelFrameType = {
  logsConnect: 0,
  execConnect: 1,
  metricConnect: 2,
  data: 3,
  removeConnect: 4,
  close: 5,
  attachConnect: 6,
} as const;

/** What one message of the stream tunnel carries. */
export interface TunnelFrame {
  /** Number of the connection within the tunnel; the cloud gives it out. */
  readonly connectId: bigint;
  /** One of {@link TunnelFrameType}, or what a peer made up. */
  readonly type: bigint;
  readonly data: Buffer;
}

/** A WebSocket message of the tunnel that is no frame. */
export class InvalidTunnelFrameError extends Error {
  readonly code = 'ERR_INVALID_TUNNEL_FRAME';
}

const MAX_VARINT_BYTES = 10;
const MAX_ID = 2n ** 64n - 1n;

/** `uvarint id | uvarint type | data`, sent as a text message of any bytes. */
export function encodeTunnelFrame(connectId: bigint, type: number, data?: Buffer): Buffer {
  const head = Buffer.from([...varint(connectId), ...varint(BigInt(type))]);
  return data ? Buffer.concat([head, data]) : head;
}

/** The data of the result is a view. @throws {InvalidTunnelFrameError} */
export function decodeTunnelFrame(message: Buffer): TunnelFrame {
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
    if (byte === undefined) throw new InvalidTunnelFrameError('the frame ends inside a number');
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) {
      if (value > MAX_ID) break;
      return { value, end: start + index + 1 };
    }
  }
  throw new InvalidTunnelFrameError('a number of the frame is too long');
}
