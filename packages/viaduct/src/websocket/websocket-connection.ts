import type { Socket } from 'node:net';
import { errorText, hasCode, type Logger } from '@edgecore/api';
import type { MalformedMessageError, Message } from '@edgecore/beehive';
import { decodeMessage, encodeMessage, withFields } from '@edgecore/beehive';
import type { RawData, WebSocket } from 'ws';
import type { CloseInfo, Connection, PeerCertificate } from '../connection.js';
import { controlAnswer } from '../control.js';
import {
  ConnectionClosedError,
  LivenessTimeoutError,
  MessageTooLargeError,
  WriteTimeoutError,
} from '../errors.js';
import { InboundQueue } from '../inbound-queue.js';
import type { ResolvedLimits } from '../limits.js';
import { WriteWatch } from '../write-watch.js';
import { type Fragmentation, writeText } from './fragments.js';
import { Liveness } from './liveness.js';

/** How long a peer may take to answer our close frame. */
const CLOSE_TIMEOUT_MS = 2000;

export interface WebSocketConnectionInit {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: ResolvedLimits;
  readonly fragmentation: Fragmentation;
  readonly logger: Logger;
  readonly peerCertificate?: PeerCertificate;
}

/** A {@link Connection} over an open WebSocket; the same on both sides. */
export class WebSocketConnection implements Connection {
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  readonly peerCertificate?: PeerCertificate;
  readonly closed: Promise<CloseInfo>;
  readonly #ws: WebSocket;
  readonly #limits: ResolvedLimits;
  readonly #fragmentation: Fragmentation;
  readonly #logger: Logger;
  readonly #inbound: InboundQueue;
  readonly #writes: WriteWatch;
  readonly #liveness: Liveness;
  #bufferedBytes = 0;
  #received = 0;
  /** Set once we want the connection gone; what comes in afterwards is not taken. */
  #ending = false;
  #failure: { code: number; error: Error } | undefined;

  constructor(init: WebSocketConnectionInit) {
    const { webSocket, socket, limits } = init;
    this.#ws = webSocket;
    this.#limits = limits;
    this.#fragmentation = init.fragmentation;
    this.#logger = init.logger;
    this.headers = init.headers;
    if (init.peerCertificate) this.peerCertificate = init.peerCertificate;
    this.remoteAddress = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    this.#inbound = new InboundQueue({ pause: () => webSocket.pause(), resume: () => webSocket.resume() });
    this.#writes = new WriteWatch(limits.writeTimeoutMs, () =>
      this.#fail(1006, new WriteTimeoutError(limits.writeTimeoutMs)),
    );
    this.#liveness = new Liveness(socket, {
      ...limits,
      ping: () => webSocket.readyState === webSocket.OPEN && webSocket.ping(),
      dead: () => this.#fail(1006, new LivenessTimeoutError(limits.livenessTimeoutMs)),
      paused: () => this.#inbound.paused,
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 15_000);
    webSocket.on('message', (data) => this.#onFrame(data));
    webSocket.on('error', (error) => this.#onError(error));
    this.closed = new Promise((resolve) => {
      webSocket.once('close', (code, reason) => {
        this.#ending = true;
        this.#liveness.stop();
        this.#writes.stop();
        this.#inbound.end();
        resolve({ code, reason: reason.toString('utf8'), ...this.#failure });
      });
    });
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  messages(): AsyncIterableIterator<Message> {
    return this.#inbound.messages();
  }

  async send(message: Message): Promise<void> {
    if (this.#ending) throw this.#closedError();
    const text = encodeMessage(message.sync ? withFields(message, { sync: false }) : message);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#limits.maxMessageBytes)
      throw new MessageTooLargeError(bytes, this.#limits.maxMessageBytes);
    this.#bufferedBytes += bytes;
    this.#writes.begin();
    try {
      await new Promise<void>((resolve, reject) => {
        writeText(this.#ws, text, this.#fragmentation, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      this.#logger.debug({ id: message.id, err: error }, 'write failed');
      throw this.#closedError(error);
    } finally {
      this.#bufferedBytes -= bytes;
      this.#writes.done();
    }
  }

  async close(code = 1000, reason = ''): Promise<void> {
    this.#ending = true;
    this.#ws.close(code, fitReason(reason));
    // The peer's close frame is behind whatever it sent before.
    this.#ws.resume();
    const timer = setTimeout(() => this.#ws.terminate(), CLOSE_TIMEOUT_MS);
    await this.closed;
    clearTimeout(timer);
  }

  #closedError(cause?: unknown): Error {
    const reason = this.#failure?.error;
    if (reason && hasCode(reason, 'ERR_WRITE_TIMEOUT')) return reason;
    const because = reason ?? cause;
    return new ConnectionClosedError(
      because === undefined
        ? undefined
        : `the connection to ${this.remoteAddress} is closed: ${errorText(because)}`,
    );
  }

  #onFrame(data: RawData): void {
    if (this.#ending) return;
    const bytes = data as Buffer;
    const frame = ++this.#received;
    let message: Message;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      this.#onMalformed(error as MalformedMessageError, frame);
      return;
    }
    const answer = controlAnswer(message);
    if (!answer) {
      this.#inbound.push(message, bytes.length);
      return;
    }
    this.send(answer).catch((error: unknown) =>
      this.#logger.debug({ err: error }, 'a control message could not be answered'),
    );
  }

  /** 1007 for bytes that are no JSON, 1003 for JSON that is no message (wire.md §8). */
  #onMalformed(error: MalformedMessageError, frame: number): void {
    // The owner of the connection is told by `closed` and says it in its words; this is for finding out more.
    this.#logger.debug(
      { peer: this.remoteAddress, frame, excerpt: error.excerpt },
      `closing the connection: ${errorText(error)}`,
    );
    this.#fail(error.cause === undefined ? 1003 : 1007, error);
  }

  #onError(error: Error): void {
    if (hasCode(error, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')) {
      const limit = this.#limits.maxMessageBytes;
      const tooLarge = new ConnectionClosedError(
        `${this.remoteAddress} sent a message larger than the limit of ${limit} bytes (maxMessageBytes)`,
      );
      this.#fail(1009, tooLarge);
      return;
    }
    // ws names its protocol errors; anything else is the socket's and leaves nobody to tell.
    const code = (error as NodeJS.ErrnoException).code ?? '';
    this.#fail(code.startsWith('WS_ERR_') ? 1002 : 1006, error);
  }

  #fail(code: number, error: Error): void {
    if (this.#failure) return;
    this.#failure = { code, error };
    if (code === 1006) {
      this.#ending = true;
      this.#ws.terminate();
    } else {
      void this.close(code, error.message);
    }
  }
}

/** A close frame has room for 123 bytes; a character cut in two becomes one of three bytes. */
function fitReason(reason: string): string {
  return Buffer.from(reason, 'utf8').subarray(0, 120).toString('utf8');
}
