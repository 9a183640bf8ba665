import { errorText, type Logger } from '@edgecore/api';
import {
  decodeTunnelFrame,
  encodeTunnelFrame,
  type TunnelFrame,
  TunnelFrameType,
  TunnelTurns,
} from '@edgecore/viaduct';
import type { WebSocket } from 'ws';
import { CONNECT_TYPE, connectPayload, type SessionRequest } from './connect-payload.js';
import { type SessionReader, TunnelSession } from './tunnel-session.js';

/** Sessions a node may have at once: each costs sockets on both sides. */
const MAX_SESSIONS = 1000;
/** Kinds of nonsense that are logged before it gets quiet. */
const MAX_COMPLAINTS = 10;

/** A tunnel that takes no more sessions. */
export class TunnelFullError extends Error {}

export interface NodeTunnelOptions {
  readonly node: string;
  /** The next id; upstream counts through the life of the process, over all nodes. */
  readonly nextId: () => bigint;
  /** Without any sign of life for so long the tunnel counts as lost. Milliseconds. */
  readonly silenceMs: number;
  readonly logger: Logger;
}

/** The sessions of one node's connection to the tunnel server. */
export class NodeTunnel {
  readonly node: string;
  readonly #sessions = new Map<bigint, TunnelSession>();
  readonly #writer: TunnelTurns;
  readonly #silence: NodeJS.Timeout;
  #complaints = 0;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: NodeTunnelOptions,
  ) {
    this.node = options.node;
    this.#writer = new TunnelTurns(socket);
    this.#silence = setTimeout(() => {
      options.logger.warn(
        { node: this.node },
        `nothing came through the stream tunnel for ${options.silenceMs} ms: closing it`,
      );
      socket.terminate();
    }, options.silenceMs);
    socket.on('message', (message: Buffer, isBinary: boolean) => {
      this.#silence.refresh();
      if (isBinary) socket.close(1003, 'message type must be TextMessage');
      else this.#take(message);
    });
    // The edge pings every five seconds; `ws` answers by itself.
    socket.on('ping', () => this.#silence.refresh());
    socket.on('error', (error) =>
      options.logger.debug({ node: this.node, err: error }, 'a stream tunnel broke'),
    );
    socket.once('close', () => this.#lost());
  }

  /** Sessions open now. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Asks the node's edged for something. @throws {TunnelFullError} */
  open(request: SessionRequest, reader: SessionReader): TunnelSession {
    if (this.#sessions.size >= MAX_SESSIONS) {
      throw new TunnelFullError(
        `node ${this.node} has ${MAX_SESSIONS} sessions open: end some of them and try again`,
      );
    }
    const id = this.options.nextId();
    const session = new TunnelSession(id, request, reader, this.#writer, () => this.#sessions.delete(id));
    this.#sessions.set(id, session);
    this.#writer.sendNow(encodeTunnelFrame(id, CONNECT_TYPE[request.kind], connectPayload(id, request)));
    return session;
  }

  /** Says why the node cannot be served, as today's cloud does (type 5), and ends the connection. */
  refuse(reason: string): void {
    this.#writer.sendNow(encodeTunnelFrame(0n, TunnelFrameType.close, Buffer.from(reason)));
    this.socket.close(1000);
  }

  /** Ends the connection; every session ends as lost. */
  close(): void {
    this.socket.close(1001);
    // One that does not answer the goodbye is not waited for.
    setTimeout(() => this.socket.terminate(), 500).unref();
  }

  #take(message: Buffer): void {
    let frame: TunnelFrame;
    try {
      frame = decodeTunnelFrame(message);
    } catch (error) {
      this.#complain({ err: errorText(error), bytes: message.length }, 'a broken tunnel frame is dropped');
      return;
    }
    // What belongs to no open session is passed over: the edge may not know yet that its client left.
    const session = this.#sessions.get(frame.connectId);
    const type = Number(frame.type);
    if (type === TunnelFrameType.data) session?.received(frame.data);
    else if (type === TunnelFrameType.removeConnect) session?.ended('done');
    else this.#complain({ type }, 'a tunnel frame of a type no edge sends is ignored');
  }

  #complain(details: object, text: string): void {
    this.#complaints += 1;
    if (this.#complaints <= MAX_COMPLAINTS) this.options.logger.warn({ node: this.node, ...details }, text);
  }

  #lost(): void {
    clearTimeout(this.#silence);
    this.#writer.close();
    for (const session of [...this.#sessions.values()]) session.ended('lost');
  }
}
