import type { IncomingHttpHeaders } from 'node:http2';
import { GrpcCode, GrpcError } from '../status.js';
import { decodeStatusText } from '../status-text.js';

/** What an HTTP status means where a proxy or a plain web server answers without `grpc-status`; others are UNKNOWN. */
const BY_HTTP_STATUS: Readonly<Record<number, number>> = {
  400: GrpcCode.INTERNAL,
  401: GrpcCode.UNAUTHENTICATED,
  403: GrpcCode.PERMISSION_DENIED,
  404: GrpcCode.UNIMPLEMENTED,
  429: GrpcCode.UNAVAILABLE,
  502: GrpcCode.UNAVAILABLE,
  503: GrpcCode.UNAVAILABLE,
  504: GrpcCode.UNAVAILABLE,
};

/** What came of an answer until its stream was closed. */
export interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  /** The server ended the stream itself. */
  readonly ended: boolean;
}

/**
 * Passes when the server says OK. Without a body it may put the status into the headers.
 *
 * @throws {GrpcError} with the status of the server, UNAVAILABLE when the answer is cut.
 */
export function throwStatus({ headers, trailers, ended }: Answer): void {
  const fields = trailers['grpc-status'] === undefined ? headers : trailers;
  const status = fields['grpc-status'];
  if (status === '0') return;
  if (status !== undefined) {
    const text = decodeStatusText(String(fields['grpc-message'] ?? ''));
    // Not a number at all is a status nobody knows.
    throw new GrpcError(/^\d+$/.test(String(status)) ? Number(status) : GrpcCode.UNKNOWN, text, {
      fromPeer: true,
    });
  }
  const httpStatus = headers[':status'];
  if (httpStatus !== undefined && Number(httpStatus) !== 200) {
    throw new GrpcError(
      BY_HTTP_STATUS[Number(httpStatus)] ?? GrpcCode.UNKNOWN,
      `unexpected HTTP status code received from server: ${httpStatus}`,
      { fromPeer: true },
    );
  }
  if (ended && httpStatus !== undefined) {
    throw new GrpcError(GrpcCode.INTERNAL, 'server closed the stream without sending trailers', {
      fromPeer: true,
    });
  }
  throw new GrpcError(GrpcCode.UNAVAILABLE, 'the call was ended without an answer');
}
