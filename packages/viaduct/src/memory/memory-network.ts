import { AcceptQueue } from '../accept-queue.js';
import type { Connection, DialOptions, Transport, TransportServer } from '../connection.js';
import { DialError } from '../errors.js';
import { resolveLimits } from '../limits.js';
import { connectPair } from './memory-connection.js';

export interface MemoryNetworkOptions {
  /** One-way delay of every message. Default 0. */
  readonly latencyMs?: number;
  /** Messages in flight per direction before a sender waits. Default 16. */
  readonly capacity?: number;
  /** Largest message the server side takes or sends. Default 128 MiB. */
  readonly maxMessageBytes?: number;
  /** Connections waiting to be taken from `connections()`; above it dialling fails. Default 64. */
  readonly maxPendingConnections?: number;
}

export interface MemoryListenOptions {
  /** Default `memory`. */
  readonly host?: string;
  /** Default: the next free number, from 1 up. */
  readonly port?: number;
}

/**
 * A network inside one process: the {@link Transport} contract without
 * sockets, for embedding edge and cloud together and for tests. Messages are
 * encoded and decoded as on the wire, so both ends see what a real peer would.
 *
 * @example
 * const network = new MemoryNetwork({ latencyMs: 20 });
 * const server = network.listen({ host: 'cloud', port: 10000 });
 * const connection = await network.transport.dial({ url: 'ws://cloud:10000/p/edge-1/events', nodeName: 'edge-1', projectId: 'p' });
 */
export class MemoryNetwork {
  readonly transport: Transport = { dial: (options) => this.#dial(options) };
  readonly #servers = new Map<string, MemoryServer>();
  readonly #options: Required<MemoryNetworkOptions>;
  #nextPort = 1;

  constructor(options: MemoryNetworkOptions = {}) {
    this.#options = {
      latencyMs: options.latencyMs ?? 0,
      capacity: options.capacity ?? 16,
      maxMessageBytes: options.maxMessageBytes ?? resolveLimits({}, 0).maxMessageBytes,
      maxPendingConnections: options.maxPendingConnections ?? 64,
    };
  }

  /** @throws {DialError} when the address is taken. */
  listen({ host = 'memory', port }: MemoryListenOptions = {}): TransportServer {
    let chosen = port ?? this.#nextPort;
    while (port === undefined && this.#servers.has(`${host}:${chosen}`)) chosen++;
    if (port === undefined) this.#nextPort = chosen + 1;
    const key = `${host}:${chosen}`;
    if (this.#servers.has(key)) throw new DialError('network', `${key} is already in use`);
    const server = new MemoryServer({ host, port: chosen }, this.#options.maxPendingConnections, () =>
      this.#servers.delete(key),
    );
    this.#servers.set(key, server);
    return server;
  }

  async #dial(options: DialOptions): Promise<Connection> {
    if (options.signal?.aborted) throw new DialError('aborted', `dialling ${options.url} was cancelled`);
    if (!URL.canParse(options.url)) throw new DialError('network', `"${options.url}" is not a URL`);
    const url = new URL(options.url);
    const address = `${url.hostname}:${url.port || (url.protocol === 'wss:' ? 443 : 80)}`;
    const server = this.#servers.get(address);
    if (!server) throw new DialError('network', `cannot connect to ${address}: nothing listens there`);
    if (server.accepted.full) throw new DialError('http', `${address} has too many waiting connections`, 503);
    const { latencyMs, capacity, maxMessageBytes } = this.#options;
    const { client, server: accepted } = connectPair({
      headers: { node_id: options.nodeName, project_id: options.projectId, connectionuse: 'msg' },
      addresses: { client: `memory:${options.nodeName}`, server: address },
      limits: { client: resolveLimits(options, 0), server: resolveLimits({ maxMessageBytes }, 0) },
      latencyMs,
      capacity,
    });
    server.take(accepted);
    return client;
  }
}

class MemoryServer implements TransportServer {
  readonly accepted: AcceptQueue;
  readonly #open = new Set<Connection>();

  constructor(
    readonly address: { readonly host: string; readonly port: number },
    maxPending: number,
    private readonly unlisten: () => void,
  ) {
    this.accepted = new AcceptQueue(maxPending);
  }

  take(connection: Connection): void {
    this.#open.add(connection);
    void connection.closed.then(() => this.#open.delete(connection));
    this.accepted.push(connection);
  }

  connections(): AsyncIterableIterator<Connection> {
    return this.accepted.connections();
  }

  async close(): Promise<void> {
    this.unlisten();
    this.accepted.end();
    await Promise.all([...this.#open].map((connection) => connection.close(1001, 'server closed')));
  }
}
