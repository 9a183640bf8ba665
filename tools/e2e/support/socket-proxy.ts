import { rm } from 'node:fs/promises';
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';

export interface SocketProxyOptions {
  /** Where to relay to: `{ host, port }` or `{ path }`. */
  readonly target: NetConnectOpts;
  /** Unix socket to listen on. Default: a loopback port. */
  readonly path?: string;
  /** Default true; false begins with the line cut. */
  readonly up?: boolean;
}

/** A relay whose line can be cut and mended: a flaky link, or a daemon that goes away, for tests. */
export class SocketProxy {
  readonly #options: SocketProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #up: boolean;

  static async start(options: SocketProxyOptions): Promise<SocketProxy> {
    const { path } = options;
    const proxy = new SocketProxy(options);
    if (path !== undefined) await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      if (path === undefined) proxy.#server.listen(0, '127.0.0.1', resolve);
      else proxy.#server.listen(path, resolve);
    });
    return proxy;
  }

  private constructor(options: SocketProxyOptions) {
    this.#options = options;
    this.#up = options.up ?? true;
    // Half-open lines are kept: Docker's attach streams end one direction at a time.
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#relay(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every open connection and refuses new ones. */
  cut(): void {
    this.#up = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#up = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(client: Socket): void {
    if (!this.#up) {
      client.destroy();
      return;
    }
    const target = connect({ ...this.#options.target, allowHalfOpen: true });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
