import { EdgeCoreError, hasCode } from '@edgecore/api';

/** The connection could not be made. The text names the server and the reason; `kind` tells callers what to do. */
export class DialError extends EdgeCoreError {
  constructor(
    readonly kind: 'network' | 'tls' | 'http' | 'timeout' | 'aborted',
    message: string,
    /** HTTP status of a refused upgrade. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super('ERR_DIAL', message, options);
  }
}

export class ConnectionClosedError extends EdgeCoreError {
  constructor(message = 'the connection is closed') {
    super('ERR_CONNECTION_CLOSED', message);
  }
}

export class WriteTimeoutError extends EdgeCoreError {
  constructor(timeoutMs: number) {
    super('ERR_WRITE_TIMEOUT', `the peer took no data for ${timeoutMs} ms`);
  }
}

export class MessageTooLargeError extends EdgeCoreError {
  constructor(
    readonly sizeBytes: number,
    readonly limitBytes: number,
  ) {
    super('ERR_MESSAGE_TOO_LARGE', `message of ${sizeBytes} bytes exceeds the limit of ${limitBytes} bytes`);
  }
}

/** Nothing came from the peer for the liveness timeout: the link is half open (wire.md §2.7). */
export class LivenessTimeoutError extends EdgeCoreError {
  constructor(timeoutMs: number) {
    super('ERR_LIVENESS_TIMEOUT', `nothing came from the peer for ${timeoutMs} ms`);
  }
}

/** Bytes that are not a package of the packed lane, or one over the limit (wire.md §3). */
export class PackedCodecError extends EdgeCoreError {
  constructor(message: string) {
    super('ERR_PACKED_CODEC', `packed message: ${message}`);
  }
}

/** A Unix socket cannot be made. The text, with its cause, says why, without the path; `reason` tells callers what to do. */
export class SocketFileError extends EdgeCoreError {
  constructor(
    /** `taken`: another process listens there. `refused`: the system said no, see `cause`. */
    readonly reason: 'taken' | 'too-long' | 'not-a-socket' | 'refused',
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super('ERR_SOCKET_FILE', message, options);
  }
}

/** True when somebody else has the address or the socket a server was to listen on. */
export function isTaken(error: unknown): boolean {
  return (
    hasCode(error, 'EADDRINUSE') ||
    (hasCode(error, 'ERR_SOCKET_FILE') && (error as SocketFileError).reason === 'taken')
  );
}
