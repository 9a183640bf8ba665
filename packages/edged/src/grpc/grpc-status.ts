/** Codes of gRPC by number. */
const CODES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

/** What an HTTP status means where a proxy or a plain web server answers without `grpc-status`. */
const BY_HTTP_STATUS: Readonly<Record<number, string>> = {
  400: 'Internal',
  401: 'Unauthenticated',
  403: 'PermissionDenied',
  404: 'Unimplemented',
  429: 'Unavailable',
  502: 'Unavailable',
  503: 'Unavailable',
  504: 'Unavailable',
};

export interface GrpcStatus {
  /** `OK`, `NotFound`, …. */
  readonly code: string;
  readonly message: string;
}

/** Headers or trailers, as `node:http2` has them. */
export type Fields = Readonly<Record<string, string | string[] | number | undefined>>;

/** The outcome of a call. Without a body the server may put it all into the headers. */
export function grpcStatus(headers: Fields, trailers: Fields): GrpcStatus {
  const fields = trailers['grpc-status'] === undefined ? headers : trailers;
  const number = fields['grpc-status'];
  if (number !== undefined) {
    return { code: CODES[Number(number)] ?? `Code(${number})`, message: decoded(fields['grpc-message']) };
  }
  const status = Number(headers[':status']);
  if (status !== 200) {
    const code = BY_HTTP_STATUS[status] ?? 'Unknown';
    return { code, message: `unexpected HTTP status code received from server: ${status}` };
  }
  return { code: 'Internal', message: 'server closed the stream without sending trailers' };
}

/** Percent-encoded UTF-8; what is not is shown as it came. */
function decoded(value: Fields[string]): string {
  const text = String(value ?? '');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
