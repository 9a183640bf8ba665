import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { errorText } from '@edgecore/api';
import type { Backend } from '../model/backends.js';
import { udpSocket } from '../net/udp-socket.js';
import { MAX_TRIES } from './dial.js';
import { monotonicMs } from './health.js';
import type { PortProxy, PortProxyOptions } from './port-proxy.js';

interface Session {
  readonly socket: Socket;
  readonly backend: Backend;
  readonly release: () => void;
  readonly tried: Set<string>;
  /** What the endpoint has not answered yet; sent to another one when it refuses. */
  unanswered: Buffer | undefined;
  /** What came before the socket was connected; `undefined` afterwards. */
  queue: Buffer[] | undefined;
  lastUsed: number;
}

const SWEEP_MS = 5000;
/** Datagrams kept for an endpoint whose socket is being connected. */
const MAX_QUEUED = 64;

/** Passes datagrams: a socket to an endpoint for each client address and port, until it has been idle. */
export class UdpProxy implements PortProxy {
  readonly #socket: Socket;
  readonly #sessions = new Map<string, Session>();
  readonly #sweep: NodeJS.Timeout;
  #closed = false;

  constructor(private readonly options: PortProxyOptions) {
    this.#socket = udpSocket(4, { recvBufferSize: 1 << 20 });
    this.#socket.on('message', (datagram, from) => this.#received(datagram, from));
    this.#sweep = setInterval(() => this.#removeIdle(), SWEEP_MS);
    this.#sweep.unref();
  }

  async listen(address: string, port: number): Promise<number> {
    // Asked for first: with an address to bind to it listens at once.
    const listening = once(this.#socket, 'listening');
    this.#socket.bind(port, address);
    await listening;
    const { service, servicePort, log } = this.options;
    this.#socket.on('error', (error) => {
      log.warn({ service, port: servicePort, error: errorText(error) }, 'listener of a service failed');
    });
    return this.#socket.address().port;
  }

  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const key of [...this.#sessions.keys()]) this.#end(key);
    this.#socket.close();
  }

  #received(datagram: Buffer, from: RemoteInfo): void {
    const key = `${from.address} ${from.port}`;
    const session = this.#sessions.get(key) ?? this.#begin(key, from, new Set());
    if (!session) return;
    session.lastUsed = monotonicMs();
    if (session.unanswered !== undefined || session.tried.size > 0) session.unanswered = datagram;
    send(session, datagram);
  }

  #begin(key: string, from: RemoteInfo, tried: Set<string>): Session | undefined {
    const { balancer, limits, metrics } = this.options;
    const backend = balancer.pick({ client: from.address, tried });
    if (!backend || this.#sessions.size >= limits.maxUdpClients) {
      metrics.count('edgecore_mesh_connections_total', { protocol: 'udp', result: 'refused' });
      return undefined;
    }
    tried.add(backend.id);
    const socket = udpSocket(isIPv6(backend.address) ? 6 : 4);
    const release = balancer.connected(backend, from.address);
    const session: Session = {
      socket,
      backend,
      release,
      tried,
      unanswered: undefined,
      queue: [],
      lastUsed: monotonicMs(),
    };
    this.#sessions.set(key, session);
    socket.on('message', (answer) => {
      if (tried.size > 0) this.options.health.succeeded(backend.id);
      tried.clear();
      session.unanswered = undefined;
      session.lastUsed = monotonicMs();
      if (!this.#closed) this.#socket.send(answer, from.port, from.address);
    });
    socket.on('error', () => this.#failed(key, from, session));
    metrics.count('edgecore_mesh_connections_total', { protocol: 'udp', result: 'served' });
    // Connected: the kernel tells when nobody listens there, and drops what others send.
    socket.connect(backend.port, backend.address, () => {
      if (this.#sessions.get(key) !== session) return;
      for (const datagram of session.queue ?? []) socket.send(datagram);
      session.queue = undefined;
    });
    return session;
  }

  /** Nobody listens there (ICMP), or the address cannot be reached. */
  #failed(key: string, from: RemoteInfo, session: Session): void {
    const { health } = this.options;
    const { backend, tried, unanswered } = session;
    health.failed(backend.id);
    this.#end(key);
    if (unanswered === undefined || tried.size >= MAX_TRIES) return;
    const next = this.#begin(key, from, tried);
    if (!next) return;
    next.unanswered = unanswered;
    send(next, unanswered);
  }

  #removeIdle(): void {
    const before = monotonicMs() - this.options.limits.udpIdleMs;
    for (const [key, { lastUsed }] of this.#sessions) if (lastUsed < before) this.#end(key);
  }

  #end(key: string): void {
    const session = this.#sessions.get(key);
    if (!session) return;
    this.#sessions.delete(key);
    session.release();
    session.socket.close();
  }
}

function send({ socket, queue }: Session, datagram: Buffer): void {
  if (!queue) socket.send(datagram);
  else if (queue.length < MAX_QUEUED) queue.push(datagram);
}
