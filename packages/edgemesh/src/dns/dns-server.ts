import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { errorText, hasCode, type Logger, type Metrics } from '@edgecore/api';
import { udpSocket } from '../net/udp-socket.js';
import { udpLimit } from './query.js';
import type { Answered, Responder } from './responder.js';

export interface DnsServerOptions {
  readonly responder: Responder;
  readonly address: string;
  /** 0: any free one, the same for UDP and TCP. */
  readonly port: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** TCP connections at once; more are closed. Default 128. */
  readonly maxConnections?: number;
  /** A TCP connection without a question for so long is closed. Default 10 000 ms. */
  readonly idleMs?: number;
}

const MAX_TCP_BYTES = 65_535;
/** Over UDP, where the sender's address may be forged, too. */
const MAX_REFUSALS_PER_SECOND = 200;

/** The DNS server of the pods on this node, over UDP and TCP. */
export class DnsServer {
  readonly #options: Required<DnsServerOptions>;
  readonly #connections = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  #refusals = 0;
  #refusalSecond = 0;

  constructor(options: DnsServerOptions) {
    this.#options = { maxConnections: 128, idleMs: 10_000, ...options };
  }

  /** @throws the system's error when the port is taken or not allowed. */
  async listen(): Promise<{ address: string; port: number }> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#listen();
      } catch (error) {
        await this.close();
        // Any port will do, but it must be free for both.
        if (this.#options.port !== 0 || !hasCode(error, 'EADDRINUSE') || tries === 10) throw error;
      }
    }
  }

  async #listen(): Promise<{ address: string; port: number }> {
    const { address, port, log } = this.#options;
    const tcp = createServer({ noDelay: true }, (socket) => this.#serve(socket));
    tcp.listen(port, address);
    await once(tcp, 'listening');
    this.#tcp = tcp;
    const bound = (tcp.address() as { port: number }).port;
    const udp = udpSocket(4, { recvBufferSize: 1 << 20 });
    this.#udp = udp;
    udp.on('message', (packet, from) => this.#datagram(packet, from));
    // Asked for first: with an address to bind to it listens at once.
    const listening = once(udp, 'listening');
    udp.bind(bound, address);
    await listening;
    for (const one of [tcp, udp]) {
      one.on('error', (error) => log.warn({ error: errorText(error) }, 'DNS socket failed'));
    }
    return { address, port: bound };
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    const udp = this.#udp;
    const tcp = this.#tcp;
    this.#udp = undefined;
    this.#tcp = undefined;
    await Promise.all([
      udp && new Promise<void>((resolve) => udp.close(resolve)),
      tcp && new Promise((resolve) => tcp.close(resolve)),
    ]);
  }

  #datagram(packet: Buffer, from: RemoteInfo): void {
    // Port 0 cannot be answered.
    if (from.port === 0) return;
    const answered = this.#options.responder.answer(packet, udpLimit);
    const send = ({ outcome, packet: reply }: Answered) => {
      this.#options.metrics.count('edgecore_mesh_dns_queries_total', { outcome });
      if (outcome === 'refused' && !this.#mayRefuse()) return;
      if (reply) this.#udp?.send(reply, from.port, from.address, ignoreError);
    };
    if (answered instanceof Promise) void answered.then(send, this.#failed);
    else send(answered);
  }

  /** A flood of garbage gets silence after a while: answering it would cost those who ask properly. */
  #mayRefuse(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#refusalSecond) {
      this.#refusalSecond = second;
      this.#refusals = 0;
    }
    this.#refusals += 1;
    return this.#refusals <= MAX_REFUSALS_PER_SECOND;
  }

  #serve(socket: Socket): void {
    const { maxConnections, idleMs } = this.#options;
    if (this.#connections.size >= maxConnections) {
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('error', ignoreError);
    socket.on('close', () => this.#connections.delete(socket));
    void this.#questions(socket)
      .catch(this.#failed)
      .finally(() => socket.destroy());
  }

  /** One question after the other: a client that does not read its answers gets no more of them. */
  async #questions(socket: Socket): Promise<void> {
    let waiting = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        const { outcome, packet } = await this.#options.responder.answer(
          waiting.subarray(2, end),
          () => MAX_TCP_BYTES,
        );
        this.#options.metrics.count('edgecore_mesh_dns_queries_total', { outcome });
        waiting = waiting.subarray(end);
        if (!packet) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(packet.length);
        if (!socket.write(Buffer.concat([length, packet]))) await once(socket, 'drain');
      }
    }
  }

  readonly #failed = (error: unknown) => {
    this.#options.log.debug({ error: errorText(error) }, 'DNS question was not answered');
  };
}

/** The client went away; that is its own affair. */
function ignoreError(): void {}
