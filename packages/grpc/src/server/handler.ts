import { errorText, hasCode } from '@edgecore/api';
import type { GrpcMethod } from '../method.js';
import { decode } from '../proto/decode.js';
import { encode } from '../proto/encode.js';
import type { AnyMessage } from '../proto/message-type.js';
import type { Decoded, Init } from '../proto/typed.js';
import { GrpcCode, GrpcError } from '../status.js';

/**
 * What a method does with the bytes of its request.
 *
 * @param signal Aborts when the call has ended without its answer: the caller is gone, or its deadline over.
 * @throws what is the call's status: a {@link GrpcError}, anything else is INTERNAL and logged. The bytes of the
 * request must not be used after that.
 */
export type UnaryHandler = (request: Buffer, signal: AbortSignal) => Promise<Uint8Array>;

/** A method and what it does, as an entry of `GrpcServerOptions.methods`. */
export function unary<Request extends AnyMessage, Response extends AnyMessage>(
  { path, request, response }: GrpcMethod<Request, Response>,
  handle: (request: Decoded<Request>, signal: AbortSignal) => Promise<Init<Response>> | Init<Response>,
): readonly [path: string, handler: UnaryHandler] {
  return [path, async (bytes, signal) => encode(response, await handle(parsed(request, bytes), signal))];
}

function parsed<M extends AnyMessage>(type: M, bytes: Buffer): Decoded<M> {
  try {
    return decode(type, bytes);
  } catch (error) {
    if (!hasCode(error, 'ERR_MALFORMED_MESSAGE')) throw error;
    throw new GrpcError(GrpcCode.INTERNAL, `the request is no ${type.name}: ${errorText(error)}`);
  }
}
