/**
 * The cloud-edge transport of KubeEdge: a WebSocket client and server that
 * speak viaduct's dialect, the same contract in memory, and the packed codec of the QUIC lane (spec wire.md §2, §3).
 * Beside it, the frames of the stream tunnel (edgestream.md §3), and the Unix sockets on which an edge node's own programs call.
 *
 * @packageDocumentation
 */
export * from './connection.js';
export * from './errors.js';
export * from './memory/memory-network.js';
export * from './mux.js';
export * from './packed/codec.js';
export * from './packed/decoder.js';
export * from './tunnel/frame.js';
export * from './tunnel/tunnel-turns.js';
export * from './unix/socket-file.js';
export * from './websocket/client.js';
export type { Fragmentation } from './websocket/fragments.js';
export * from './websocket/server.js';
export { type VerifyServerOptions, verifyServer } from './websocket/verify-server.js';
