import { once } from 'node:events';
import { createServer as createHttp, type Server as HttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';

const opened: { close(): void }[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

export interface Backend {
  readonly port: number;
  connections: number;
  close(): void;
}

/** A TCP server on loopback. */
export async function tcpBackend(onConnection: (socket: Socket) => void, port = 0): Promise<Backend> {
  return track(createServer({ allowHalfOpen: true }, onConnection), port);
}

/** One that says its name and ends. */
export function sayer(name: string, port = 0): Promise<Backend> {
  return tcpBackend((socket) => socket.end(name), port);
}

export async function httpBackend(onRequest: RequestListener): Promise<Backend & { server: HttpServer }> {
  const server = createHttp(onRequest);
  return Object.assign(await track(server, 0), { server });
}

async function track(server: Server, port: number): Promise<Backend> {
  const backend = { port: 0, connections: 0, close: () => void server.close() };
  server.on('connection', (socket: Socket) => {
    backend.connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  opened.push(server);
  backend.port = (server.address() as AddressInfo).port;
  return backend;
}

/** A port of loopback that refuses. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Endpoints at these ports of loopback. */
export function endpointsAt(name: string, ports: readonly number[]) {
  return {
    metadata: { name, namespace: 'default' },
    subsets: ports.map((port) => ({ addresses: [{ ip: '127.0.0.1' }], ports: [{ port, protocol: 'TCP' }] })),
  };
}

/** Sends, ends its own direction, and gives what came back. @throws when the connection breaks off. */
export async function exchange(port: number, data: Buffer | string = ''): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.add(socket);
  socket.end(data);
  let text = '';
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1');
  socket.destroy();
  return text;
}
