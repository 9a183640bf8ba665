import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { errorText } from '@edgecore/api';
import { framed } from '../frame.js';
import { CANCEL } from '../http2.js';
import { ReceiveBudget } from '../receive-budget.js';
import { GrpcCode, GrpcError } from '../status.js';
import { writeTimeout } from '../timeout.js';
import { UnaryMessage } from '../unary-message.js';
import { DEFAULT_TIMEOUT_MS, type Limits, watch } from './given-up.js';
import { throwStatus } from './outcome.js';

export interface GrpcCallOptions extends Limits {
  /** The longest answer that is taken. Default 4 MiB, as every gRPC client. */
  readonly maxAnswerBytes?: number;
  /** Default `edgecore-grpc`. */
  readonly userAgent?: string;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** One call on an open session; gives up its stream, never the session. @throws {GrpcError} */
export function sendUnary(
  session: ClientHttp2Session,
  path: string,
  request: Uint8Array,
  options: GrpcCallOptions,
): Promise<Buffer> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  return new Promise((resolve, reject) => {
    let giveUp: (error: GrpcError) => void = reject;
    const stop = watch(options, (error) => giveUp(error));
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': options.userAgent ?? 'edgecore-grpc',
      'grpc-timeout': writeTimeout(timeoutMs),
    });
    giveUp = (error) => {
      stop();
      reject(error);
      stream.close(CANCEL);
    };
    const message = new UnaryMessage(new ReceiveBudget(maxAnswerBytes, maxAnswerBytes));
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let ended = false;
    stream.on('response', (fields) => {
      headers = fields;
    });
    stream.on('trailers', (fields) => {
      trailers = fields;
    });
    stream.on('data', (chunk: Buffer) => {
      try {
        message.push(chunk);
      } catch (error) {
        giveUp(error as GrpcError);
      }
    });
    stream.on('end', () => {
      ended = true;
    });
    stream.on('error', (cause) => giveUp(new GrpcError(GrpcCode.UNAVAILABLE, errorText(cause), { cause })));
    stream.on('close', () => {
      stop();
      try {
        throwStatus({ headers, trailers, ended: ended && stream.rstCode === 0 });
        resolve(message.finish());
      } catch (error) {
        reject(error);
      }
    });
    stream.end(framed(request));
  });
}
