import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorText } from '@edgecore/api';
import { listenOnSocket, type SocketFile } from '@edgecore/viaduct';
import { systemHost } from '../node/host.js';
import { HttpProblem, refuseUpgrade, sendText } from './http-answer.js';
import { refuseBrowsers } from './request-guard.js';
import type { Router } from './router.js';
import { type Handlers, serverRoutes } from './routes.js';
import type { EdgedHttpOptions, ServerSettings, ServerSource } from './server-options.js';

/** Far above any request of a Kubernetes client. */
const MAX_HEADER_BYTES = 32 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;

/** A kubelet's HTTP server (edged.md §12): lists, logs, figures, exec, attach, port-forward. */
export class EdgedServer {
  readonly #source: ServerSource;
  readonly #settings: ServerSettings;
  readonly #servers: Server[] = [];
  #file: SocketFile | undefined;
  readonly #upgraded = new Set<Duplex>();
  readonly #end = new AbortController();
  readonly #router: Router<Handlers>;
  readonly #sessions = new Set<Promise<void>>();

  private constructor(source: ServerSource, options: EdgedHttpOptions) {
    this.#source = source;
    this.#settings = settingsOf(options);
    this.#router = serverRoutes(source, this.#settings, this.#end.signal);
  }

  /**
   * @throws the system's error when an address is taken or not allowed, {@link SocketFileError} for the socket;
   * nothing listens then.
   */
  static async listen(source: ServerSource, options: EdgedHttpOptions = {}): Promise<EdgedServer> {
    const server = new EdgedServer(source, options);
    const { port, address, socket } = server.#settings;
    try {
      if (port !== 0) {
        await server.#open(async (http) => {
          http.listen(port === 'any' ? 0 : port, address);
          await once(http, 'listening');
        });
      }
      if (socket !== undefined) {
        await server.#open(async (http) => {
          server.#file = await listenOnSocket(http, socket, { mode: 0o600 });
        });
      }
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** The port listened on; `undefined` when there is only a socket. */
  get port(): number | undefined {
    const addresses = this.#servers.map((server) => server.address());
    return addresses.find((address): address is AddressInfo => typeof address === 'object')?.port;
  }

  /** Ends every session; commands under way are killed. */
  async close(): Promise<void> {
    this.#end.abort(new Error('edged stops'));
    await this.#file?.remove();
    const servers = this.#servers.splice(0);
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    // Sessions say goodbye to their clients first.
    await Promise.allSettled(this.#sessions);
    for (const socket of this.#upgraded) socket.destroy();
    for (const server of servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  async #open(listen: (server: Server) => Promise<void>): Promise<void> {
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS });
    server.on('request', (request, response) => void this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#servers.push(server);
    await listen(server);
    server.on('error', (error) =>
      this.#source.log.warn({ error: errorText(error) }, "edged's HTTP server had trouble"),
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that is gone is no reason to fail.
    response.on('error', () => {});
    try {
      const { handler, params, query } = this.#route(request);
      await handler.answer({ params, query, request, response });
    } catch (error) {
      const problem = this.#problem(request, error);
      if (response.headersSent) response.destroy();
      else sendText(response, problem);
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#upgraded.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#upgraded.delete(socket));
    const session = this.#serve(request, socket, head);
    this.#sessions.add(session);
    await session;
    this.#sessions.delete(session);
  }

  async #serve(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      const { handler, params, query } = this.#route(request);
      if (!handler.upgrade) throw new HttpProblem(400, 'this path cannot be upgraded');
      await handler.upgrade({ params, query, request, socket, head });
    } catch (error) {
      refuseUpgrade(socket, this.#problem(request, error));
    }
  }

  #route(request: IncomingMessage) {
    refuseBrowsers(request.headers, this.#source.nodeName);
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    return { ...this.#router.find(request.method ?? 'GET', path), query };
  }

  #problem(request: IncomingMessage, error: unknown): HttpProblem {
    if (error instanceof HttpProblem) return error;
    this.#source.log.warn({ err: error, path: request.url }, 'edged could not answer a request');
    return new HttpProblem(500, `${errorText(error)}\n`);
  }
}

function settingsOf(options: EdgedHttpOptions): ServerSettings {
  return {
    address: options.address ?? '127.0.0.1',
    port: options.port ?? 10_350,
    streamIdleTimeoutMs: options.streamIdleTimeoutMs ?? 4 * 3_600_000,
    streamsTimeoutMs: options.streamsTimeoutMs ?? 30_000,
    goneGraceMs: options.goneGraceMs ?? 5000,
    host: options.host ?? systemHost,
    ...(options.socket !== undefined && { socket: options.socket }),
    ...(options.metrics && { metrics: options.metrics }),
  };
}
