/** What peers may cost a server; each can be set alone. */
export interface GrpcServerLimits {
  /** Connections at a time; more are closed at once. Default 128. */
  readonly maxConnections: number;
  /** Calls at a time on one connection. Default 100. */
  readonly maxCallsPerConnection: number;
  /** The longest request. Default 4 MiB, as every gRPC server. */
  readonly maxMessageBytes: number;
  /** All requests that are being received. Default 16 MiB. */
  readonly maxReceivingBytes: number;
  /** The longest a call may take, whatever deadline it came with. Default 30 s. */
  readonly maxCallMs: number;
  /** From connecting to HTTP/2's first frame. Default 5 s. */
  readonly handshakeTimeoutMs: number;
  /** A connection without a call for so long is closed (clients open another by themselves). Default 10 min. */
  readonly idleTimeoutMs: number;
  /** What calls under way get at the end. Default 2 s. */
  readonly closeTimeoutMs: number;
}

/** The defaults of {@link GrpcServerLimits}. */
export const GRPC_SERVER_LIMITS: GrpcServerLimits = {
  maxConnections: 128,
  maxCallsPerConnection: 100,
  maxMessageBytes: 4 * 1024 * 1024,
  maxReceivingBytes: 16 * 1024 * 1024,
  maxCallMs: 30_000,
  handshakeTimeoutMs: 5000,
  idleTimeoutMs: 600_000,
  closeTimeoutMs: 2000,
};
