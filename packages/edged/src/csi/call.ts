import { EdgeCoreError, hasCode } from '@edgecore/api';
import {
  type AnyMessage,
  callUnary,
  type Decoded,
  GrpcCode,
  type GrpcError,
  type GrpcMethod,
  goCodeName,
  type Init,
} from '@edgecore/grpc';

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

export interface CsiCallOptions {
  /** Path of the plug-in's socket. */
  readonly socketPath: string;
  /** For connecting and calling together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One call on a connection of its own: plug-ins are restarted at will, and an idle connection costs memory.
 *
 * @throws {CsiCallError} @throws the reason of the signal, or TypeError for a request that is no such message.
 */
export async function callPlugin<Request extends AnyMessage, Response extends AnyMessage>(
  method: GrpcMethod<Request, Response>,
  request: Init<Request>,
  { socketPath, timeoutMs, signal }: CsiCallOptions,
): Promise<Decoded<Response>> {
  signal.throwIfAborted();
  try {
    const options = { timeoutMs, signal, userAgent: 'edgecore-edged' };
    return await callUnary({ socketPath }, method, request, options);
  } catch (error) {
    signal.throwIfAborted();
    if (!hasCode(error, 'ERR_GRPC_STATUS')) throw error;
    throw asCallError(error as GrpcError, socketPath, timeoutMs);
  }
}

/** What the plug-in said, or what became of the call, with the socket's path. */
function asCallError(error: GrpcError, socketPath: string, timeoutMs: number): CsiCallError {
  const { status, fromPeer } = error;
  const text = fromPeer
    ? error.message
    : status === GrpcCode.DEADLINE_EXCEEDED
      ? `no answer from ${socketPath} within ${timeoutMs} ms`
      : `cannot speak with ${socketPath}: ${error.message}`;
  // Its words are in the text already.
  return new CsiCallError(goCodeName(status), text);
}
