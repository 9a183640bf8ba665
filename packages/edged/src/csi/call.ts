import type { ClientHttp2Session } from 'node:http2';
import { EdgeCoreError, errorText } from '@edgecore/api';
import { unframe } from '../grpc/frame.js';
import { callUnary, openSession } from '../grpc/unary-call.js';
import type { Clock } from '../ports/clock.js';
import { withDeadline } from '../ports/deadline.js';
import { decodeMessage } from '../proto/decode.js';
import { encodeMessage } from '../proto/encode.js';
import type { Message } from '../proto/message-type.js';
import type { Method } from './methods.js';

/** A call of a CSI plug-in failed; the text is as Go's gRPC writes it. */
export class CsiCallError extends EdgeCoreError {
  constructor(
    /** `Internal`, `NotFound`, `Unavailable`, `DeadlineExceeded`, …. */
    readonly grpcCode: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super('ERR_CSI_CALL', `rpc error: code = ${grpcCode} desc = ${message}`, options);
  }
}

/** gRPC's own default. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface CsiCallOptions {
  /** Path of the plug-in's socket. */
  readonly socketPath: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One call on a connection of its own: plug-ins are restarted at will, and an idle connection costs memory.
 *
 * @throws {CsiCallError} @throws the reason of the signal, or TypeError for a request that is no such message.
 */
export async function callPlugin(
  method: Method,
  request: Message,
  options: CsiCallOptions,
): Promise<Message> {
  const { socketPath, clock, timeoutMs, signal } = options;
  const message = encodeMessage(method.request, request);
  let body: Buffer;
  try {
    body = await withDeadline(clock, timeoutMs, signal, async (bounded) => {
      let session: ClientHttp2Session | undefined;
      try {
        session = await openSession({ socketPath }, bounded);
        const { status, body } = await callUnary(
          session,
          {
            path: method.path,
            message,
            timeoutMs,
            maxAnswerBytes: MAX_ANSWER_BYTES,
            userAgent: 'edgecore-edged',
          },
          bounded,
        );
        if (status.code !== 'OK') throw new CsiCallError(status.code, status.message);
        return body;
      } finally {
        session?.destroy();
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    throw asCallError(error, options);
  }
  try {
    return decodeMessage(method.response, unframe(body));
  } catch (error) {
    throw new CsiCallError('Internal', `the plug-in's answer cannot be read: ${errorText(error)}`, {
      cause: error,
    });
  }
}

function asCallError(error: unknown, { socketPath, timeoutMs }: CsiCallOptions): Error {
  if (error instanceof CsiCallError) return error;
  if (error instanceof EdgeCoreError && error.code === 'ERR_DEADLINE') {
    return new CsiCallError('DeadlineExceeded', `no answer from ${socketPath} within ${timeoutMs} ms`, {
      cause: error,
    });
  }
  return new CsiCallError('Unavailable', `cannot speak with ${socketPath}: ${errorText(error)}`, {
    cause: error,
  });
}
