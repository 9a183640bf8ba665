import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Logger, silentLogger } from '@edgecore/api';
import { type WebSocket, WebSocketServer } from 'ws';
import { AcceptQueue } from '../accept-queue.js';
import type { Connection, ConnectionLimits, PeerCertificate, TransportServer } from '../connection.js';
import { type ResolvedLimits, resolveLimits } from '../limits.js';
import type { Fragmentation } from './fragments.js';
import { refuseUpgrade, upgradeRefusal } from './upgrade-rules.js';
import { WebSocketConnection } from './websocket-connection.js';

/** Server certificate and the CA client certificates must chain to. */
export interface ServerTls {
  /** PEM, leaf first. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly ca: string;
}

export interface WebSocketServerOptions extends ConnectionLimits {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Client certificates are then required (wire.md §2.1). Absent: plain `ws://`, for tests on loopback. */
  readonly tls?: ServerTls;
  /** How messages are cut into frames. Default `none`. */
  readonly fragmentation?: Fragmentation;
  /** Connections waiting to be taken from `connections()`; above it upgrades get 503. Default 64. */
  readonly maxPendingConnections?: number;
  /** A connection without `ConnectionUse: msg` is closed after this time. Default 30 000 ms (compat.md §6). */
  readonly unreadTimeoutMs?: number;
  /** Default: logs nothing. */
  readonly logger?: Logger;
}

/**
 * A WebSocket server with the rules of CloudHub's (wire.md §2): the path is
 * ignored, identity is the `node_id` header, and a connection without
 * `ConnectionUse: msg` is upgraded but never read nor yielded.
 *
 * @throws the listen error (`EADDRINUSE`, …) or OpenSSL's for unusable certificates.
 */
export async function createWebSocketServer(options: WebSocketServerOptions = {}): Promise<TransportServer> {
  const server = new HubServer(options);
  await server.listen();
  return server;
}

class HubServer implements TransportServer {
  readonly #http: Server;
  readonly #upgrades: WebSocketServer;
  readonly #accepted: AcceptQueue;
  readonly #open = new Set<WebSocket>();
  readonly #limits: ResolvedLimits;
  readonly #logger: Logger;
  #address: { host: string; port: number };

  constructor(private readonly options: WebSocketServerOptions) {
    this.#logger = options.logger ?? silentLogger;
    this.#limits = resolveLimits(options, 0);
    this.#accepted = new AcceptQueue(options.maxPendingConnections ?? 64);
    this.#address = { host: options.host ?? '127.0.0.1', port: options.port ?? 0 };
    const { tls } = options;
    this.#http = tls
      ? createHttpsServer({
          ...tls,
          requestCert: true,
          rejectUnauthorized: true,
          minVersion: 'TLSv1.2',
          ALPNProtocols: ['http/1.1'],
          handshakeTimeout: 30_000,
        })
      : createHttpServer();
    this.#upgrades = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: this.#limits.maxMessageBytes,
    });
    this.#http.on('request', (_request, response) => {
      response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8', 'Sec-Websocket-Version': '13' });
      response.end('Bad Request\n');
    });
    this.#http.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#http.on('tlsClientError', (error, socket: TLSSocket) => {
      this.#logger.warn({ err: error, peer: socket.remoteAddress }, 'TLS handshake of a client failed');
    });
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  connections(): AsyncIterableIterator<Connection> {
    return this.#accepted.connections();
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(this.#address.port, this.#address.host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    const { address, port } = this.#http.address() as AddressInfo;
    this.#address = { host: address, port };
  }

  async close(): Promise<void> {
    this.#accepted.end();
    for (const webSocket of this.#open) webSocket.terminate();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refusal = upgradeRefusal(request, this.#accepted.full);
    if (refusal) {
      this.#logger.warn({ peer: request.socket.remoteAddress, status: refusal.status }, 'upgrade refused');
      refuseUpgrade(socket, refusal);
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      this.#open.add(webSocket);
      webSocket.once('close', () => this.#open.delete(webSocket));
      this.#accept(webSocket, request);
    });
  }

  #accept(webSocket: WebSocket, request: IncomingMessage): void {
    const headers = firstValues(request);
    const socket = request.socket as Socket;
    if (headers['connectionuse'] !== 'msg') {
      this.#logger.warn(
        { node: headers['node_id'] },
        'no "ConnectionUse: msg" header: the connection is not read',
      );
      this.#holdUnread(webSocket);
      return;
    }
    const peerCertificate = socket instanceof TLSSocket ? certificateOf(socket) : undefined;
    const connection = new WebSocketConnection({
      webSocket,
      socket,
      headers,
      limits: this.#limits,
      logger: this.#logger,
      fragmentation: this.options.fragmentation ?? 'none',
      ...(peerCertificate ? { peerCertificate } : {}),
    });
    this.#accepted.push(connection);
  }

  #holdUnread(webSocket: WebSocket): void {
    webSocket.on('error', () => {});
    webSocket.pause();
    const timer = setTimeout(() => webSocket.terminate(), this.options.unreadTimeoutMs ?? 30_000);
    webSocket.once('close', () => clearTimeout(timer));
  }
}

/** Upstream's edge repeats `ConnectionUse`; the first value of a header counts (wire.md §2.1). */
function firstValues(request: IncomingMessage): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, all] of Object.entries(request.headersDistinct)) values[name] = all?.[0] ?? '';
  return values;
}

function certificateOf(socket: TLSSocket): PeerCertificate | undefined {
  const { subject, raw } = socket.getPeerCertificate();
  if (!subject) return undefined;
  return { commonName: text(subject.CN), organization: text(subject.O), der: raw };
}

/** OpenSSL gives a list when a subject repeats an attribute. */
function text(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
