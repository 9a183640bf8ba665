import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CloudProfileName, Logger } from '@edgecore/api';
import { type WebSocket, WebSocketServer } from 'ws';
import { NodeTunnel } from './node-tunnel.js';

const PATH = '/v1/kubeedge/connect';
/** A frame carries at most 1 MiB of data. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

/** The header with the node's name, as each cloud spells it (edgestream.md §2). */
const NAME_HEADER: Readonly<Record<CloudProfileName, string>> = {
  '2020': 'sessionhostnameoveride',
  current: 'sessionhostnameoverride',
};

export interface TunnelServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly profile: CloudProfileName;
  /** Without any sign of life for so long a tunnel counts as lost. Milliseconds. */
  readonly silenceMs: number;
  readonly logger: Logger;
  /** A node's tunnel stands; resolves with why it cannot be served, or `undefined`. */
  readonly onConnected: (node: string, gone: AbortSignal) => Promise<string | undefined>;
}

/**
 * CloudStream's tunnel server (edgestream.md §2): nodes dial it with the
 * certificate this cloud's CA gave them and keep the connection; logs, exec,
 * attach and figures are asked for through it.
 */
export class TunnelServer {
  readonly #https: Server;
  readonly #webSockets: WebSocketServer;
  readonly #tunnels = new Map<string, NodeTunnel>();
  readonly #open = new Set<NodeTunnel>();
  #lastId = 0n;

  private constructor(private readonly options: TunnelServerOptions) {
    this.#https = createServer({
      ...options.tls,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: 30_000,
    });
    this.#https.on('tlsClientError', (error) =>
      options.logger.debug({ err: error }, 'TLS handshake of a stream tunnel failed'),
    );
    this.#https.on('request', (_request, response) => {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404: Page Not Found');
    });
    this.#webSockets = new WebSocketServer({
      server: this.#https,
      perMessageDeflate: false,
      // Frames are text messages of any bytes.
      skipUTF8Validation: true,
      maxPayload: MAX_MESSAGE_BYTES,
      verifyClient: ({ req }: { req: IncomingMessage }) => pathOf(req) === PATH,
    });
    this.#webSockets.on('connection', (socket, request) => this.#serve(socket, request));
  }

  /** @throws the listen error. */
  static async listen(options: TunnelServerOptions): Promise<TunnelServer> {
    const server = new TunnelServer(options);
    server.#https.listen(options.port, options.host);
    await once(server.#https, 'listening');
    return server;
  }

  get port(): number {
    return (this.#https.address() as AddressInfo).port;
  }

  /** The node's tunnel, if it stands. */
  tunnel(node: string): NodeTunnel | undefined {
    return this.#tunnels.get(node);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#https.close(() => resolve()));
    for (const tunnel of this.#open) tunnel.close();
    this.#webSockets.close();
    this.#https.closeIdleConnections();
    await closed;
  }

  #serve(socket: WebSocket, request: IncomingMessage): void {
    const { profile, silenceMs, logger } = this.options;
    const node = String(request.headers[NAME_HEADER[profile]] ?? '');
    const peer = request.socket.remoteAddress;
    if (node === '') {
      // Upstream keeps a session nothing ever finds.
      logger.warn({ peer }, `a stream tunnel without the header ${NAME_HEADER[profile]} is closed`);
      socket.on('error', () => {});
      socket.close(1008, 'the name of the node is missing');
      return;
    }
    const tunnel = new NodeTunnel(socket, {
      node,
      silenceMs,
      logger,
      nextId: () => {
        this.#lastId += 1n;
        return this.#lastId;
      },
    });
    // A second one takes the place of the first, which stays open until it fails, as upstream.
    this.#tunnels.set(node, tunnel);
    this.#open.add(tunnel);
    logger.info({ node, peer }, 'stream tunnel of a node is up');
    const gone = new AbortController();
    socket.once('close', () => {
      gone.abort();
      this.#open.delete(tunnel);
      if (this.#tunnels.get(node) !== tunnel) return;
      this.#tunnels.delete(node);
      logger.info({ node }, 'stream tunnel of a node has ended');
    });
    void this.options.onConnected(node, gone.signal).then((problem) => {
      if (problem === undefined || gone.signal.aborted) return;
      logger.warn({ node }, `the stream tunnel is given up: ${problem}`);
      tunnel.refuse(problem);
    });
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0]!;
}
