import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Logger } from '@edgecore/api';
import { ReceiveBudget } from './frame.js';
import { serveUnaryCall, type UnaryHandler } from './unary-call.js';

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

/** Headers of a gRPC call are a few hundred bytes. */
const MAX_HEADER_BYTES = 16 * 1024;

export interface GrpcServerOptions {
  /** By path: `/v1beta1.DeviceManagerService/MapperRegister`. */
  readonly methods: ReadonlyMap<string, UnaryHandler>;
  readonly limits: GrpcServerLimits;
  readonly log: Logger;
  /** Called once for each call that is gRPC, with its path and status. */
  readonly ended: (path: string, status: number) => void;
}

/** A gRPC server of unary methods on HTTP/2 without TLS; what a peer does wrong ends its stream or its connection only. */
export class GrpcServer {
  /** Where it listens is its owner's business. */
  readonly http2: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #limits: GrpcServerLimits;
  readonly #log: Logger;

  constructor({ methods, limits, log, ended }: GrpcServerOptions) {
    this.#limits = limits;
    this.#log = log;
    const budget = new ReceiveBudget(limits.maxMessageBytes, limits.maxReceivingBytes);
    this.http2 = createServer({
      settings: {
        enablePush: false,
        maxConcurrentStreams: limits.maxCallsPerConnection,
        maxHeaderListSize: MAX_HEADER_BYTES,
      },
    });
    this.http2.maxConnections = limits.maxConnections;
    this.http2.on('session', (session) => this.#watch(session));
    this.http2.on('sessionError', (error) => log.debug({ err: error }, 'a connection of a mapper broke'));
    const options = { methods, budget, maxCallMs: limits.maxCallMs, log, ended };
    this.http2.on('stream', (stream, headers) => serveUnaryCall(stream, headers, options));
  }

  /** Takes no more calls, lets those under way end for a moment, then cuts them off. */
  async close(): Promise<void> {
    const closed = this.http2.listening
      ? new Promise<void>((resolve) => this.http2.close(() => resolve()))
      : undefined;
    const sessions = [...this.#sessions];
    const ended = sessions.map(
      (session) => new Promise<void>((resolve) => session.once('close', () => resolve())),
    );
    for (const session of sessions) session.close();
    const cutOff = setTimeout(() => {
      for (const session of sessions) session.destroy();
    }, this.#limits.closeTimeoutMs);
    await Promise.all([closed, ...ended]);
    clearTimeout(cutOff);
  }

  /** Half-open connections, and those nobody uses, do not take the place of others for long. */
  #watch(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    const handshake = setTimeout(() => {
      this.#log.debug('a connection that does not speak HTTP/2 is closed');
      session.destroy();
    }, this.#limits.handshakeTimeoutMs);
    handshake.unref();
    session.once('remoteSettings', () => clearTimeout(handshake));
    session.setTimeout(this.#limits.idleTimeoutMs, () => session.close());
    session.once('close', () => {
      clearTimeout(handshake);
      this.#sessions.delete(session);
    });
    session.on('error', () => {});
  }
}
