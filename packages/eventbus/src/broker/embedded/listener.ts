import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Endpoint } from '../../options.js';
import type { ServerUrl } from '../../server-url.js';
import type { TlsMaterial } from '../../tls-files.js';

export interface ListenOptions {
  readonly server: ServerUrl;
  readonly tls: TlsMaterial | undefined;
  onConnection(connection: Duplex): void;
  /** A connection that came to nothing: TLS with the wrong certificate, no WebSocket. */
  onRefused(error: Error): void;
}

export interface Listener {
  readonly endpoint: Endpoint;
  /** Takes no new connections; the present ones stay. */
  refuse(): void;
  /** Ends what connections are left, those that never got to say anything included. */
  close(): Promise<void>;
}

/** Listens over TCP, TLS or WebSocket, as the URL says. Rejects when the address cannot be had. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { protocol, host, port } = options.server;
  const webSocket = protocol === 'ws' || protocol === 'wss';
  const server = webSocket ? await webSocketServer(options) : streamServer(options);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      // Running out of files, for instance: the listener goes on.
      server.on('error', options.onRefused);
      resolve();
    });
  });
  const bound = (server.address() as AddressInfo).port;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    endpoint: { host, port: bound, url: `${protocol}://${name}:${bound}` },
    refuse: () => void server.close(),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening && sockets.size === 0) {
          resolve();
          return;
        }
        server.once('close', () => resolve());
        server.close();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function streamServer({ server, tls, onConnection, onRefused }: ListenOptions): Server {
  if (!server.secure) return createServer({ noDelay: true }, onConnection);
  const secure = createTlsServer({ ...tlsOptions(tls!), noDelay: true }, onConnection);
  secure.on('tlsClientError', onRefused);
  return secure;
}

async function webSocketServer({ server, tls, onConnection, onRefused }: ListenOptions): Promise<HttpServer> {
  const { WebSocketServer, createWebSocketStream } = await import('ws');
  const noWebSocket: RequestListener = (_request, response) => void response.writeHead(426).end();
  const http = server.secure
    ? createHttpsServer(tlsOptions(tls!), noWebSocket)
    : createHttpServer(noWebSocket);
  const sockets = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => ['mqtt', 'mqttv3.1'].find((name) => offered.has(name)) ?? false,
  });
  sockets.on('connection', (socket) => onConnection(createWebSocketStream(socket)));
  sockets.on('error', onRefused);
  http.on('tlsClientError', onRefused);
  return http;
}

function tlsOptions({ ca, cert, key }: TlsMaterial) {
  return { cert, key, ...(ca ? { ca, requestCert: true, rejectUnauthorized: true } : {}) };
}
