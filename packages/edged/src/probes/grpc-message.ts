/**
 * The two messages of `grpc.health.v1.Health/Check`, with gRPC's framing: one
 * byte "compressed", four bytes of length, the protobuf message.
 */
const FRAME_HEADER_BYTES = 5;

/** Of `HealthCheckResponse.ServingStatus`, by number. */
const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** A framed `HealthCheckRequest { string service = 1 }`; an empty name is left out, as protobuf does. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  const message =
    name.length === 0
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([(1 << 3) | LENGTH_DELIMITED, ...varint(name.length)]), name]);
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/**
 * The status in a framed `HealthCheckResponse { ServingStatus status = 1 }`:
 * its name, or the number where it has none.
 *
 * @throws Error when it is not one uncompressed message, or is cut.
 */
export function healthStatus(body: Buffer): string {
  if (body.length < FRAME_HEADER_BYTES) throw new Error('the answer has no message');
  if (body[0] !== 0) throw new Error('the answer is compressed, which was not offered');
  const message = body.subarray(FRAME_HEADER_BYTES);
  if (body.readUInt32BE(1) !== message.length) throw new Error('the answer is not one whole message');
  const status = enumField(message, 1);
  return STATUS_NAMES[status] ?? String(status);
}

/** The last value of a varint field, 0 when absent; other fields are skipped. */
function enumField(message: Buffer, wanted: number): number {
  let value = 0;
  let at = 0;
  const next = () => {
    const [read, end] = readVarint(message, at);
    at = end;
    return read;
  };
  while (at < message.length) {
    const tag = next();
    switch (tag % 8) {
      case VARINT: {
        const read = next();
        if (Math.floor(tag / 8) === wanted) value = read;
        break;
      }
      case FIXED64:
        at += 8;
        break;
      case LENGTH_DELIMITED: {
        const length = next();
        at += length;
        break;
      }
      case FIXED32:
        at += 4;
        break;
      default:
        throw new Error('the answer is not a protobuf message');
    }
    if (at > message.length) throw new Error('the message of the answer is cut');
  }
  return value;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

function readVarint(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) throw new Error('the message of the answer is cut');
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return [value, start + index + 1];
  }
  throw new Error('the answer is not a protobuf message');
}
