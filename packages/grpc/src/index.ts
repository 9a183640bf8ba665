/**
 * Unary gRPC over unix sockets and TCP without TLS, and the protobuf messages it carries, declared in
 * TypeScript: a client, a server, deadlines, statuses, and a limit on everything a peer may send.
 *
 * @packageDocumentation
 */
export { authority, type GrpcAddress } from './address.js';
export { callUnary, callUnaryBytes } from './client/call-unary.js';
export { GrpcConnection } from './client/connection.js';
export type { Limits as GrpcConnectOptions } from './client/given-up.js';
export type { GrpcCallOptions } from './client/unary-stream.js';
export { framed } from './frame.js';
export { type GrpcMethod, method } from './method.js';
export { decode } from './proto/decode.js';
export { encode } from './proto/encode.js';
export { MalformedMessageError } from './proto/malformed.js';
export * from './proto/message-type.js';
export type { Decoded, Init } from './proto/typed.js';
export { DECODE_LIMITS, type DecodeLimits } from './proto/wire-reader.js';
export { type UnaryHandler, unary } from './server/handler.js';
export { GRPC_SERVER_LIMITS, type GrpcServerLimits } from './server/limits.js';
export { GrpcServer, type GrpcServerOptions } from './server/server.js';
export { codeName, GrpcCode, GrpcError, type GrpcErrorOptions, goCodeName } from './status.js';
