import { EdgeCoreError } from '@edgecore/api';

/** Codes of gRPC used here; others are shown by their number. */
export const GrpcCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** A call that failed, on either side. */
export class GrpcError extends EdgeCoreError {
  constructor(
    /** Of {@link GrpcCode}, or any other number a peer answered with. */
    readonly status: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super('ERR_GRPC_STATUS', reason, options);
  }
}

const NAMES = new Map<number, string>(Object.entries(GrpcCode).map(([name, code]) => [code, name]));

/** `NOT_FOUND`, or `CODE_17` for a number without a name here. */
export function codeName(code: number): string {
  return NAMES.get(code) ?? `CODE_${code}`;
}

/** Headers are kept small, whatever an error has to say. */
const MAX_MESSAGE_LENGTH = 1024;

/** For `grpc-message`: UTF-8 with everything outside printable ASCII, and `%`, percent-encoded. */
export function encodeGrpcMessage(text: string): string {
  return Array.from(Buffer.from(text.slice(0, MAX_MESSAGE_LENGTH), 'utf8'), (byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x25
      ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
      : String.fromCharCode(byte),
  ).join('');
}

/** What is not percent-encoded UTF-8 is shown as it came. */
export function decodeGrpcMessage(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
