import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorText } from '@edgecore/api';
import type { WebSocket } from 'ws';
import { CliError } from '../errors.js';
import type { PortPair } from './port-pairs.js';
import { sendOn } from './stream-socket.js';

export const FORWARD_PROTOCOLS = ['v4.channel.k8s.io'] as const;

const Channel = { data: 0, error: 1, close: 255 } as const;

export interface ForwardOptions {
  readonly address: string;
  readonly pair: PortPair;
  /** Opens the way to the pod's port, paused. */
  open(): Promise<WebSocket>;
  onConnection(localPort: number): void;
  onError(localPort: number, reason: string): void;
}

/** A port of this machine that leads into a pod; each connection has a WebSocket of its own. */
export class ForwardedPort {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws {CliError} when the address cannot be listened on. */
  static async listen(options: ForwardOptions): Promise<ForwardedPort> {
    const { address, pair } = options;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const port = new ForwardedPort(server);
    server.on('connection', (socket) => void port.#serve(socket, options));
    server.listen(pair.local, address);
    await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
      const how = error.code === 'EADDRINUSE' ? `; another port: 0:${pair.remote} takes any free one` : '';
      throw new CliError(
        `cannot listen on ${shown(address, pair.local)} (${error.code ?? error.message})${how}`,
      );
    });
    // Too many open files, say: the connection is lost, the others are not.
    server.on('error', (error) => options.onError(port.port, errorText(error)));
    return port;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(socket: Socket, options: ForwardOptions): Promise<void> {
    const { port } = this;
    this.#sockets.add(socket);
    // A caller that is gone is no failure of ours.
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    options.onConnection(port);
    try {
      const webSocket = await options.open();
      const problem = await joinConnection(webSocket, socket);
      if (problem !== undefined) options.onError(port, problem);
    } catch (error) {
      options.onError(port, errorText(error));
    } finally {
      socket.destroySoon();
    }
  }
}

/** Copies both ways until the pod has ended its side. @returns what the node says went wrong. */
async function joinConnection(webSocket: WebSocket, socket: Socket): Promise<string | undefined> {
  const leave = () => webSocket.terminate();
  const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
  const problem: Buffer[] = [];
  // The first message of each channel repeats the port.
  const begun = new Set<number>();
  webSocket.on('message', (message: Buffer) => {
    const channel = message[0]!;
    if (!begun.has(channel)) {
      begun.add(channel);
      return;
    }
    const data = message.subarray(1);
    if (channel === Channel.error) problem.push(data);
    else if (channel === Channel.data && socket.writable && !socket.write(data)) {
      webSocket.pause();
      socket.once('drain', () => webSocket.resume());
    }
  });
  socket.once('close', leave);
  if (socket.destroyed) leave();
  webSocket.resume();
  const up = pipeline(socket, sender(webSocket), { end: true }).catch(() => undefined);
  await closed;
  socket.off('close', leave);
  socket.end();
  // A caller that reads no more and never ends its side would keep the connection for ever.
  socket.destroySoon();
  await up;
  return problem.length === 0 ? undefined : Buffer.concat(problem).toString('utf8').trim();
}

/** To the pod; the end of the caller's side is told as v5 of the remote protocols does. */
function sender(webSocket: WebSocket): Writable {
  return new Writable({
    write: (data: Buffer, _encoding, done) =>
      void sendOn(webSocket, Channel.data, data).then(() => done(), done),
    final: (done) =>
      void sendOn(webSocket, Channel.close, Buffer.from([Channel.data])).then(() => done(), done),
  });
}

/** An address and a port as they are written together. */
export function shown(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
