import { EdgeCoreError } from '@edgecore/api';

/** The status codes of gRPC. */
export const GrpcCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export interface GrpcErrorOptions extends ErrorOptions {
  /** See {@link GrpcError.fromPeer}. Default false. */
  readonly fromPeer?: boolean;
}

/**
 * A call that failed, on either side; thrown by a handler it is the call's status. `code` is
 * `ERR_GRPC_STATUS`, the message is the status's text.
 */
export class GrpcError extends EdgeCoreError {
  /** The server answered with this status; otherwise this side made it up, and the server may not know of the call. */
  readonly fromPeer: boolean;

  constructor(
    /** Of {@link GrpcCode}, or any other number a peer answered with. */
    readonly status: number,
    reason: string,
    { fromPeer = false, ...options }: GrpcErrorOptions = {},
  ) {
    super('ERR_GRPC_STATUS', reason, options);
    this.fromPeer = fromPeer;
  }
}

const NAMES: readonly string[] = Object.keys(GrpcCode);

/** `NOT_FOUND`, or `CODE_17` for a number without a name. */
export function codeName(code: number): string {
  return NAMES[code] ?? `CODE_${code}`;
}

/** As Go's gRPC writes it in texts: `NotFound`, `OK`, `Canceled`, or `Code(17)`. */
export function goCodeName(code: number): string {
  const name = NAMES[code];
  if (name === undefined) return `Code(${code})`;
  // Go spells it with one l.
  if (code === GrpcCode.CANCELLED) return 'Canceled';
  if (code === GrpcCode.OK) return name;
  return name.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
