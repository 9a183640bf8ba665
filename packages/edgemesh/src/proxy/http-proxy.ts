import { Agent, createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { errorText } from '@edgecore/api';
import { connectToService } from './dial.js';
import { HttpExchange } from './http-exchange.js';
import { tunnelUpgrade } from './http-upgrade.js';
import type { PortProxyOptions } from './port-proxy.js';
import { pump } from './pump.js';
import { StreamServer } from './stream-server.js';

/** How a client begins that speaks HTTP/2 without asking first (gRPC). */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');
const MAX_HEADER_BYTES = 64 * 1024;
/** Below the five seconds many servers keep a connection, so that it is this side that closes. */
const BACKEND_IDLE_MS = 4000;

export interface HttpProxyOptions extends PortProxyOptions {
  /** Sessions by cookie, as `SessionStickiness` asks for. */
  readonly setCookie: boolean;
}

/** HTTP/1 request by request, each to an endpoint of its own; HTTP/2 as bytes. */
export class HttpProxy extends StreamServer {
  readonly #http: Server;
  readonly #agent: Agent;
  /** By the connection: the address is gone when the client is. */
  readonly #addresses = new WeakMap<object, string>();

  constructor(options: HttpProxyOptions) {
    super(options);
    const { httpIdleMs } = options.limits;
    this.#agent = new Agent({
      keepAlive: true,
      maxFreeSockets: 32,
      timeout: BACKEND_IDLE_MS,
      scheduling: 'lifo',
    });
    // Once, not for each request: there are many of them.
    const exchange = { ...options, agent: this.#agent };
    this.#http = createServer({
      keepAliveTimeout: httpIdleMs,
      headersTimeout: httpIdleMs,
      requestTimeout: 0,
      connectionsCheckingInterval: 10_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false,
      insecureHTTPParser: false,
    });
    // A client may end its side with its request, as `nc` does, and still wait for the answer.
    Object.assign(this.#http, { httpAllowHalfOpen: true });
    // It never listens itself: this starts its watch over headers that do not come.
    this.#http.emit('listening');
    this.#http.on('request', (request, response) => {
      const client = this.#addressOf(request.socket);
      new HttpExchange(exchange, request, response, client).start();
    });
    this.#http.on('upgrade', (request, socket, head) => {
      const client = socket as Socket;
      void tunnelUpgrade(this.options, request, client, head, this.#addressOf(client));
    });
    this.#http.on('clientError', (error, socket) => this.#badRequest(error, socket as Socket));
  }

  override destroy(): void {
    super.destroy();
    this.#http.close();
    this.#agent.destroy();
  }

  protected serve(client: Socket, address: string): void {
    this.#addresses.set(client, address);
    // A client that never says anything.
    client.setTimeout(this.options.limits.httpIdleMs, () => client.destroy());
    client.once('readable', () => {
      const first = client.read() as Buffer | null;
      client.setTimeout(0);
      client.removeAllListeners('timeout');
      if (first === null) {
        client.destroy();
        return;
      }
      client.unshift(first);
      if (first.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE)) void this.#pump(client, address);
      else this.#http.emit('connection', client);
    });
  }

  async #pump(client: Socket, address: string): Promise<void> {
    try {
      const connected = await connectToService(this.options, {
        client: address,
        gone: () => client.destroyed,
      });
      pump(client, connected);
    } catch (error) {
      this.options.log.debug({ client: address, error: errorText(error) }, 'connection refused');
      client.resetAndDestroy();
    }
  }

  #addressOf(socket: object): string {
    return this.#addresses.get(socket) ?? 'unknown';
  }

  #badRequest(error: Error & { code?: string }, socket: Socket): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () =>
      socket.destroy(),
    );
  }
}
