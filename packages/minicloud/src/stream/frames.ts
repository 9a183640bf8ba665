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

export interface Frame {
  readonly id: number;
  readonly type: number;
  readonly data: Buffer;
}

/** A message of the tunnel that is no frame. */
export class BrokenFrameError extends Error {}

/** `uvarint id | uvarint type | data`. */
export function encodeFrame(id: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([uvarint(id), uvarint(type), data]);
}

/** The data of the result is a view of the message. @throws {BrokenFrameError} */
export function decodeFrame(message: Buffer): Frame {
  const id = readUvarint(message, 0);
  const type = readUvarint(message, id.end);
  return { id: id.value, type: type.value, data: message.subarray(type.end) };
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  // Ids may pass 2^32, where bit operators end.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}

/** This side's ids start at 1 and count up: one that a double cannot hold was never given out. */
function readUvarint(message: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < message.length; at += 1) {
    const byte = message[at]!;
    value += (byte % 0x80) * scale;
    if (!Number.isSafeInteger(value)) throw new BrokenFrameError('a number of the frame is above 2^53');
    if (byte < 0x80) return { value, end: at + 1 };
    scale *= 0x80;
    if (at - start >= 9) throw new BrokenFrameError('a number of the frame is too long');
  }
  throw new BrokenFrameError('the frame ends inside a number');
}
