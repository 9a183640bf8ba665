import type { GrpcAddress } from '../address.js';
import type { GrpcMethod } from '../method.js';
import type { AnyMessage } from '../proto/message-type.js';
import type { Decoded, Init } from '../proto/typed.js';
import { GrpcConnection } from './connection.js';
import { DEFAULT_TIMEOUT_MS } from './given-up.js';
import type { GrpcCallOptions } from './unary-stream.js';

/**
 * One call on a connection of its own: for peers that are restarted at will and called now and then, where an
 * idle connection would only cost memory. `timeoutMs` is for connecting and calling together.
 *
 * @throws as {@link GrpcConnection.open} and {@link GrpcConnection.call}.
 */
export function callUnary<Request extends AnyMessage, Response extends AnyMessage>(
  address: GrpcAddress,
  method: GrpcMethod<Request, Response>,
  request: Init<Request>,
  options: GrpcCallOptions = {},
): Promise<Decoded<Response>> {
  return once(address, options, (connection, rest) => connection.call(method, request, rest));
}

/** {@link callUnary} with messages that are encoded elsewhere. */
export function callUnaryBytes(
  address: GrpcAddress,
  path: string,
  request: Uint8Array,
  options: GrpcCallOptions = {},
): Promise<Buffer> {
  return once(address, options, (connection, rest) => connection.callBytes(path, request, rest));
}

async function once<T>(
  address: GrpcAddress,
  options: GrpcCallOptions,
  call: (connection: GrpcConnection, rest: GrpcCallOptions) => Promise<T>,
): Promise<T> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const startedAt = performance.now();
  const connection = await GrpcConnection.open(address, options);
  try {
    const leftMs = Math.max(1, timeoutMs - (performance.now() - startedAt));
    return await call(connection, { ...options, timeoutMs: leftMs });
  } finally {
    connection.close();
  }
}
