import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { errorText } from '@edgecore/api';
import { BUFFER_BYTES } from './dial.js';
import type { PortProxy, PortProxyOptions } from './port-proxy.js';

/** The listening half of TCP proxies: counts connections, keeps to the limit, ends. */
export abstract class StreamServer implements PortProxy {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  constructor(protected readonly options: PortProxyOptions) {
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, pauseOnConnect: true, highWaterMark: BUFFER_BYTES },
      (client) => this.#accept(client),
    );
    this.#server.maxConnections = options.limits.maxConnections;
  }

  async listen(address: string, port: number): Promise<number> {
    this.#server.listen({ host: address, port, backlog: 1024 });
    await once(this.#server, 'listening');
    const { service, servicePort, log } = this.options;
    this.#server.on('error', (error) => {
      log.warn({ service, port: servicePort, error: errorText(error) }, 'listener of a service failed');
    });
    return (this.#server.address() as { port: number }).port;
  }

  close(): Promise<void> {
    // Resolves when the last connection has ended; the port is free at once.
    this.#server.close();
    return Promise.resolve();
  }

  destroy(): void {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
  }

  /** A connection, paused. */
  protected abstract serve(client: Socket, address: string): void;

  #accept(client: Socket): void {
    const { remoteAddress } = client;
    // Gone already.
    if (remoteAddress === undefined) {
      client.destroy();
      return;
    }
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    client.on('error', () => {});
    this.serve(client, remoteAddress);
  }
}
