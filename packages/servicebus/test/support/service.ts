import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { afterEach } from '@jest/globals';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A real HTTP service on loopback that remembers what it was asked. */
export interface Service {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Connections open now, and the most there ever were. */
  readonly sockets: { now: number; most: number; total: number };
  close(): Promise<void>;
}

/** Answers after the whole request has come; by default 200 `ok`. */
export async function startService(
  listener: RequestListener = (_, response) => response.end('ok'),
  options: { readonly port?: number; readonly host?: string } = {},
): Promise<Service> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      seen.push({ method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() });
      listener(request, response);
    });
  });
  const close = () => {
    server.closeAllConnections();
    return closed(server);
  };
  const service = { seen, close, ...(await listen(server, options)) };
  open.push(service);
  return service;
}

/** Speaks bytes, not HTTP. */
export async function startRaw(onSocket: (socket: Socket) => void): Promise<Omit<Service, 'seen'>> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  };
  const service = { close, ...(await listen(server)) };
  open.push(service);
  return service;
}

async function listen(
  server: Server | TcpServer,
  { port = 0, host = '127.0.0.1' } = {},
): Promise<Pick<Service, 'port' | 'sockets'>> {
  const sockets = { now: 0, most: 0, total: 0 };
  server.on('connection', (socket: Socket) => {
    sockets.total += 1;
    sockets.now += 1;
    sockets.most = Math.max(sockets.most, sockets.now);
    socket.on('close', () => {
      sockets.now -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return { port: (server.address() as AddressInfo).port, sockets };
}

function closed(server: Server | TcpServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
