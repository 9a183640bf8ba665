import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { errorText } from '@edgecore/api';
import { framed, ReceiveBudget, UnaryMessage } from './frame.js';
import { decodeGrpcMessage, GrpcCode, GrpcError } from './status.js';

export interface GrpcCall {
  /** Unix socket of the server. */
  readonly socketPath: string;
  /** `/v1beta1.DeviceMapperService/RegisterDevice` */
  readonly method: string;
  readonly request: Buffer;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly signal?: AbortSignal;
}

/**
 * One call over a connection of its own.
 *
 * @throws {GrpcError} the server's status; UNAVAILABLE when it cannot be reached or goes away,
 * DEADLINE_EXCEEDED when it is late, CANCELLED by the signal.
 */
export async function callUnary(call: GrpcCall): Promise<Buffer> {
  if (call.signal?.aborted) throw new GrpcError(GrpcCode.CANCELLED, 'the call was given up');
  const session = open(call.socketPath);
  return new Promise<Buffer>((resolve, reject) => {
    const settle = (outcome: Buffer | GrpcError) => {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', abort);
      if (outcome instanceof GrpcError) reject(outcome);
      else resolve(outcome);
      session.destroy();
    };
    const timer = setTimeout(
      () => settle(new GrpcError(GrpcCode.DEADLINE_EXCEEDED, `no answer within ${call.timeoutMs / 1000} s`)),
      call.timeoutMs,
    );
    const abort = () => settle(new GrpcError(GrpcCode.CANCELLED, 'the call was given up'));
    call.signal?.addEventListener('abort', abort);
    // Stays: an error after the answer must not end the process.
    session.on('error', (error) => settle(unavailable(errorText(error), error)));
    session.on('close', () => settle(unavailable('the connection was closed')));
    request(session, call, settle);
  });
}

/** @throws {GrpcError} for what cannot be a path. */
function open(path: string): ClientHttp2Session {
  try {
    // By name: a path of digits alone would be taken for a port of TCP, an empty one for none.
    if (path === '') throw new Error('the path of the socket is empty');
    return connect('http://localhost', { createConnection: () => connectSocket({ path }) });
  } catch (error) {
    throw unavailable(errorText(error), error);
  }
}

const unavailable = (reason: string, cause?: unknown) =>
  new GrpcError(GrpcCode.UNAVAILABLE, reason, { cause });

function request(session: ClientHttp2Session, call: GrpcCall, settle: (outcome: Buffer | GrpcError) => void) {
  const stream = session.request({
    ':method': 'POST',
    ':path': call.method,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-timeout': `${Math.min(Math.ceil(call.timeoutMs), 99_999_999)}m`,
  });
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  const answer = new UnaryMessage(new ReceiveBudget(call.maxAnswerBytes, call.maxAnswerBytes));
  stream.on('response', (fields) => {
    headers = fields;
  });
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  stream.on('data', (chunk: Buffer) => {
    try {
      answer.push(chunk);
    } catch (error) {
      settle(error as GrpcError);
    }
  });
  stream.on('error', (error) => settle(unavailable(errorText(error), error)));
  stream.on('close', () => {
    try {
      throwStatus(headers, trailers);
      settle(answer.finish());
    } catch (error) {
      settle(error as GrpcError);
    }
  });
  stream.end(framed(call.request));
}

/** Without a body the server may put the status into the headers. */
function throwStatus(headers: IncomingHttpHeaders, trailers: IncomingHttpHeaders): void {
  if (headers[':status'] === undefined) throw unavailable('the call was ended without an answer');
  const fields = trailers['grpc-status'] === undefined ? headers : trailers;
  const status = fields['grpc-status'];
  if (status === undefined) {
    if (Number(headers[':status']) !== constants.HTTP_STATUS_OK) {
      throw new GrpcError(
        GrpcCode.UNKNOWN,
        `answered with HTTP status ${headers[':status']}, which is not gRPC`,
      );
    }
    throw unavailable('the answer ended without a status');
  }
  if (status !== '0') {
    throw new GrpcError(Number(status), decodeGrpcMessage(String(fields['grpc-message'] ?? '')));
  }
}
