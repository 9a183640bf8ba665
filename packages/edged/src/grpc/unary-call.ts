import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { frame } from './frame.js';
import { type GrpcStatus, grpcStatus } from './grpc-status.js';

/** Where a server is: `host:port`, or the path of a unix socket. */
export type GrpcTarget = { readonly address: string } | { readonly socketPath: string };

export interface UnaryRequest {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Encoded, without framing. */
  readonly message: Uint8Array;
  /** Told to the server; the signal of {@link openSession} is what ends the call. */
  readonly timeoutMs: number;
  /** A longer answer is an error. */
  readonly maxAnswerBytes: number;
  readonly userAgent: string;
}

export interface UnaryAnswer {
  readonly status: GrpcStatus;
  /** Still framed; empty unless the status is `OK`. */
  readonly body: Buffer;
}

/**
 * Connects over plaintext HTTP/2. Connected is who sent its settings: a socket that only listens is
 * not a gRPC server. The caller destroys the session.
 *
 * @param signal Ends the session, and with it every call on it.
 */
export function openSession(target: GrpcTarget, signal: AbortSignal): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const session =
      'socketPath' in target
        ? connect('http://localhost', { createConnection: () => connectSocket(target.socketPath) })
        : connect(`http://${target.address}`);
    const end = () => session.destroy(new Error('given up'));
    signal.addEventListener('abort', end, { once: true });
    // Stays: an error after the answer must not end the process.
    session.on('error', reject);
    session.once('close', () => {
      signal.removeEventListener('abort', end);
      reject(new Error('the connection was closed'));
    });
    session.once('remoteSettings', () => resolve(session));
  });
}

/** One call. @throws when the stream ends without an answer, or the answer is too long. */
export function callUnary(
  session: ClientHttp2Session,
  request: UnaryRequest,
  signal: AbortSignal,
): Promise<UnaryAnswer> {
  const { path, message, timeoutMs, maxAnswerBytes, userAgent } = request;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': userAgent,
      'grpc-timeout': `${Math.round(timeoutMs)}m`,
    });
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const parts: Buffer[] = [];
    let size = 0;
    stream.on('response', (fields) => {
      headers = fields;
    });
    stream.on('trailers', (fields) => {
      trailers = fields;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxAnswerBytes)
        stream.destroy(new Error(`the answer is longer than ${maxAnswerBytes} bytes`));
      else parts.push(chunk);
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (headers[':status'] === undefined) reject(new Error('the stream was closed without an answer'));
      else resolve({ status: grpcStatus(headers, trailers), body: Buffer.concat(parts) });
    });
    stream.end(frame(message));
  });
}
