import type { Http2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Logger, silentLogger } from '@edgecore/api';
import type { GrpcAddress } from '../address.js';
import { loadHttp2 } from '../http2.js';
import { ReceiveBudget } from '../receive-budget.js';
import type { UnaryHandler } from './handler.js';
import { GRPC_SERVER_LIMITS, type GrpcServerLimits } from './limits.js';
import { Sessions } from './sessions.js';
import { serveUnaryCall } from './unary-call.js';

/** Headers of a gRPC call are a few hundred bytes. */
const MAX_HEADER_BYTES = 16 * 1024;

export interface GrpcServerOptions {
  /** What is served; see {@link unary}. Other methods are UNIMPLEMENTED. */
  readonly methods: Iterable<readonly [path: string, handler: UnaryHandler]>;
  readonly limits?: Partial<GrpcServerLimits>;
  /** Default: logs nothing. */
  readonly log?: Logger;
  /** Called once for each call that is gRPC, with its path and the number of its status. */
  readonly ended?: (path: string, status: number) => void;
}

/**
 * A gRPC server of unary methods on HTTP/2 without TLS; what a peer does wrong ends its stream or its connection
 * only. `node:http2` is loaded with the first connection.
 */
export class GrpcServer {
  /** The listening socket, for an owner who wants to listen in its own way; otherwise see {@link listen}. */
  readonly socket: Server;
  readonly #options: GrpcServerOptions;
  readonly #limits: GrpcServerLimits;
  readonly #log: Logger;
  readonly #sessions: Sessions;
  /** Connections that wait for {@link #http2}. */
  readonly #waiting = new Set<Socket>();
  #http2: Promise<Http2Server> | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#limits = { ...GRPC_SERVER_LIMITS, ...options.limits };
    this.#log = options.log ?? silentLogger;
    this.#sessions = new Sessions(this.#limits, this.#log);
    this.socket = createServer((socket) => void this.#accept(socket));
    this.socket.maxConnections = this.#limits.maxConnections;
  }

  /**
   * Listens; port 0 takes a free one.
   *
   * @returns where it listens.
   * @throws what the system says: `EADDRINUSE`, `EACCES`, ….
   */
  async listen(address: GrpcAddress): Promise<GrpcAddress> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.listen('socketPath' in address ? { path: address.socketPath } : { ...address }, () => {
        this.socket.off('error', reject);
        resolve();
      });
    });
    if ('socketPath' in address) return address;
    return { host: address.host, port: (this.socket.address() as AddressInfo).port };
  }

  /** Takes no more calls, lets those under way end for a moment (`closeTimeoutMs`), then cuts them off. */
  async close(): Promise<void> {
    const closed = this.socket.listening
      ? new Promise<void>((resolve) => this.socket.close(() => resolve()))
      : undefined;
    for (const socket of this.#waiting) socket.destroy();
    await Promise.all([closed, this.#sessions.close()]);
  }

  async #accept(socket: Socket): Promise<void> {
    const ignore = () => {};
    socket.on('error', ignore);
    this.#waiting.add(socket);
    this.#http2 ??= this.#createHttp2();
    const http2 = await this.#http2;
    this.#waiting.delete(socket);
    if (socket.destroyed) return;
    http2.emit('connection', socket);
    socket.off('error', ignore);
  }

  async #createHttp2(): Promise<Http2Server> {
    const { createServer } = await loadHttp2();
    const { maxCallsPerConnection, maxMessageBytes, maxReceivingBytes, maxCallMs } = this.#limits;
    const http2 = createServer({
      settings: {
        enablePush: false,
        maxConcurrentStreams: maxCallsPerConnection,
        maxHeaderListSize: MAX_HEADER_BYTES,
      },
    });
    const options = {
      methods: new Map(this.#options.methods),
      budget: new ReceiveBudget(maxMessageBytes, maxReceivingBytes),
      maxCallMs,
      log: this.#log,
      ended: this.#options.ended ?? (() => {}),
    };
    http2.on('session', (session) => this.#sessions.add(session));
    http2.on('sessionError', (error) => this.#log.debug({ err: error }, 'a connection broke'));
    http2.on('stream', (stream, headers) => serveUnaryCall(stream, headers, options));
    return http2;
  }
}
