import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createMessage, decodeMessage, encodeMessage, type Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { type WebSocket, WebSocketServer } from 'ws';
import { type IssuedPair, TestCa, type Validity } from './pki.js';

export interface HttpRequest {
  /** `1.1` for HTTP/1.1. */
  readonly httpVersion: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Subject CN of the client certificate; `''` without one. */
  readonly clientName: string;
  /** Certificates the client sent. */
  readonly chainLength: number;
}

export interface HttpReply {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string | Buffer;
  /** Cut the connection instead of answering. */
  readonly reset?: boolean;
}

/** One connection of an edge, as the cloud sees it. */
export class EdgeConnection {
  readonly messages: Message[] = [];
  closed = false;

  constructor(
    readonly webSocket: WebSocket,
    readonly socket: TLSSocket,
    readonly url: string,
    readonly headers: IncomingHttpHeaders,
    readonly rawHeaders: readonly string[],
    onMessage: (message: Message, connection: EdgeConnection) => void,
  ) {
    webSocket.on('message', (data) => {
      const message = decodeMessage(data as Buffer);
      this.messages.push(message);
      onMessage(message, this);
    });
    webSocket.on('close', () => {
      this.closed = true;
    });
    webSocket.on('error', () => {});
  }

  send(fields: Partial<Message>): Message {
    const message = createMessage<unknown>(fields);
    this.webSocket.send(`${encodeMessage(message)}\n`);
    return message;
  }

  /** What came, keepalives and the hub's own profile queries left out. */
  get payload(): Message[] {
    return this.messages.filter(
      ({ operation, resource }) => operation !== 'keepalive' && !resource.startsWith('kube-node-lease/'),
    );
  }

  /** Tears the TCP connection. */
  destroy(): void {
    this.socket.destroy();
  }
}

/** The behaviour tests change. */
export interface CloudScript {
  /** Answer to `/ca.crt`, `/edge.crt`, `/node/<name>`; `undefined`: as CloudCore does. */
  http: (request: HttpRequest) => HttpReply | undefined | Promise<HttpReply | undefined>;
  /** Called for each message. */
  onMessage: (message: Message, connection: EdgeConnection) => void;
  /** HTTP status for upgrades, instead of accepting them. */
  refuseUpgrade: number | undefined;
  /** Validity of issued certificates. */
  validity: Validity;
}

/** A CloudCore without Kubernetes: certificate service and hub, over real TLS. */
export class FakeCloud {
  readonly requests: HttpRequest[] = [];
  readonly connections: EdgeConnection[] = [];
  readonly script: CloudScript = {
    http: () => undefined,
    onMessage: () => {},
    refuseUpgrade: undefined,
    validity: {},
  };
  readonly #sockets = new Set<Duplex>();

  private constructor(
    readonly ca: TestCa,
    private readonly serverPair: IssuedPair,
    private readonly https: Server,
    private hub: Server,
  ) {}

  static async start({ ca, names }: { ca?: TestCa; names?: Parameters<TestCa['server']>[0] } = {}) {
    const authority = ca ?? (await TestCa.create());
    const pair = await authority.server(names);
    const https = createServer({ ...pair, ca: authority.pem, requestCert: true, rejectUnauthorized: false });
    const hub = createServer({ ...pair, ca: authority.pem, requestCert: true, rejectUnauthorized: true });
    const cloud = new FakeCloud(authority, pair, https, hub);
    https.on('request', (request, response) => void cloud.#onRequest(request, response));
    cloud.#serveHub(hub);
    for (const server of [https, hub]) {
      cloud.#track(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return cloud;
  }

  get httpServer(): string {
    return `https://127.0.0.1:${(this.https.address() as AddressInfo).port}`;
  }

  #hubPort = 0;

  get server(): string {
    const address = this.hub.address() as AddressInfo | null;
    if (address) this.#hubPort = address.port;
    return `127.0.0.1:${this.#hubPort}`;
  }

  /** The newest connection, when there are at least `count`. */
  async connection(count = 1): Promise<EdgeConnection> {
    await eventually(() => this.connections.length >= count, { what: `connection number ${count}` });
    return this.connections[count - 1]!;
  }

  /** The hub goes away: connections are cut, dials refused. */
  async stopHub(): Promise<void> {
    void this.server;
    for (const { socket } of this.connections) socket.destroy();
    this.hub.closeAllConnections();
    await new Promise((resolve) => this.hub.close(resolve));
  }

  async startHub(): Promise<void> {
    this.hub = createServer({
      ...this.serverPair,
      ca: this.ca.pem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    this.#serveHub(this.hub);
    this.#track(this.hub);
    this.hub.listen(this.#hubPort, '127.0.0.1');
    await once(this.hub, 'listening');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      [this.https, this.hub].map(
        (server) => new Promise((resolve) => server.close(() => resolve(undefined))),
      ),
    );
  }

  #track(server: Server): void {
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('tlsClientError', () => {});
  }

  #serveHub(hub: Server): void {
    const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    hub.on('upgrade', (request: IncomingMessage, socket, head) => {
      socket.on('error', () => {});
      const status = this.script.refuseUpgrade;
      if (status !== undefined) {
        socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsorry!\n`);
        return;
      }
      upgrades.handleUpgrade(request, socket, head, (webSocket) => {
        this.connections.push(
          new EdgeConnection(
            webSocket,
            request.socket as TLSSocket,
            request.url ?? '',
            request.headers,
            request.rawHeaders,
            (message, connection) => this.script.onMessage(message, connection),
          ),
        );
      });
    });
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const socket = request.socket as TLSSocket;
    const certificate = socket.getPeerCertificate(true);
    const seen: HttpRequest = {
      httpVersion: request.httpVersion,
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
      clientName: String(certificate?.subject?.CN ?? ''),
      chainLength: certificate?.raw ? countSent(socket) : 0,
    };
    this.requests.push(seen);
    const reply = (await this.script.http(seen)) ?? (await this.#asCloudCore(seen));
    if (reply.reset) {
      socket.destroy();
      return;
    }
    response.writeHead(reply.status ?? 200, { 'Content-Type': reply.type ?? 'application/octet-stream' });
    response.end(reply.body ?? '');
  }

  async #asCloudCore(request: HttpRequest): Promise<HttpReply> {
    if (request.path === '/ca.crt') return { body: this.ca.der };
    if (request.path !== '/edge.crt') return text(404, '404 page not found');
    const authorized = request.headers.authorization?.startsWith('Bearer ') || request.clientName !== '';
    if (!authorized) return text(401, 'token validation failure, token is empty');
    if (request.body.length === 0) return text(500, 'failed to sign certs: asn1: syntax error');
    return { body: await this.ca.sign(request.body, this.script.validity) };
  }
}

export function text(status: number, body: string): HttpReply {
  return { status, body, type: 'text/plain; charset=utf-8' };
}

/** How many certificates the client put on the wire; the CA we hold ourselves does not count. */
function countSent(socket: TLSSocket): number {
  const chain = (
    socket as TLSSocket & { getPeerX509Certificate(): { issuerCertificate?: unknown } | undefined }
  ).getPeerX509Certificate();
  return chain?.issuerCertificate === undefined ? 1 : 2;
}
