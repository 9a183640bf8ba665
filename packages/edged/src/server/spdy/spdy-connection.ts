import type { Duplex } from 'node:stream';
import { FrameParser, SpdyProtocolError } from './frame-parser.js';
import {
  dataHead,
  type Frame,
  GoawayStatus,
  goaway,
  ping,
  RstStatus,
  rstStream,
  synReply,
} from './frames.js';
import { HeaderReader, HeaderWriter } from './header-block.js';
import { SpdyStream, type StreamCarrier } from './spdy-stream.js';

export interface SpdyConnectionOptions {
  /** Streams open at once; further ones are refused. */
  readonly maxStreams: number;
  /** A connection without a frame either way for this long is closed. 0: never. */
  readonly idleTimeoutMs: number;
  /** A stream was opened and answered. False resets it. */
  onStream(stream: SpdyStream): boolean;
}

const DATA_BYTES = 32 * 1024;
/** How long the peer may take to close after this side has. */
const LINGER_MS = 10_000;

/**
 * The server side of SPDY/3.1 as Go's Kubernetes clients speak it
 * (edgestream.md §11): each stream is answered at once, there are no windows,
 * a reader that is slow stops the whole connection through TCP.
 */
export class SpdyConnection implements StreamCarrier {
  /** The socket is closed, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: SpdyConnectionOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #isClosed: Promise<void>;
  #lastStreamId = 0;
  #ending = false;
  #idle: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(socket: Duplex, options: SpdyConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('error', () => {});
    // Every stream may wait for room at once.
    socket.setMaxListeners(0);
    this.#isClosed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.closed = this.#isClosed.then(() => this.#release());
    if (options.idleTimeoutMs > 0) {
      this.#idle = setTimeout(() => socket.destroy(), options.idleTimeoutMs);
      this.#idle.unref();
    }
  }

  /** Reads until the peer or an error ends the connection. Never rejects. */
  async run(): Promise<void> {
    const parser = new FrameParser();
    let isBroken = false;
    try {
      for await (const chunk of this.#socket) {
        // The goodbye must get out: read on, and let it pass.
        if (isBroken) continue;
        isBroken = !(await this.#take(parser, chunk as Buffer));
      }
    } catch {
      // The connection broke.
    }
    // The peer sends nothing any more: with these clients that means it is gone.
    this.#socket.destroy();
    await this.closed;
  }

  /** Says goodbye once all that was written is out; the socket is closed when the peer has closed too. */
  close(): void {
    this.#end(GoawayStatus.ok);
  }

  writeData(streamId: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (this.#ending || this.#socket.destroyed) {
      done();
      return;
    }
    this.#idle?.refresh();
    this.#socket.cork();
    for (let at = 0; at < data.length || (at === 0 && fin); at += DATA_BYTES) {
      const piece = data.subarray(at, at + DATA_BYTES);
      this.#socket.write(dataHead(streamId, piece.length, fin && at + DATA_BYTES >= data.length));
      if (piece.length > 0) this.#socket.write(piece);
    }
    this.#socket.uncork();
    this.#whenWritable(done);
  }

  reset(streamId: number): void {
    this.#send(rstStream(streamId, RstStatus.cancel));
  }

  forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
  }

  /** False when the peer does not keep to the protocol. */
  async #take(parser: FrameParser, chunk: Buffer): Promise<boolean> {
    this.#idle?.refresh();
    try {
      for (const frame of parser.push(chunk)) {
        const handled = this.#handle(frame);
        // Most frames are handled at once: no turn of the event loop for each.
        if (handled) await Promise.race([handled, this.#isClosed]);
      }
      return true;
    } catch (error) {
      if (!(error instanceof SpdyProtocolError)) throw error;
      this.#end(GoawayStatus.protocolError);
      return false;
    }
  }

  #handle(frame: Frame): Promise<void> | undefined {
    switch (frame.kind) {
      case 'data':
        return this.#streams.get(frame.streamId)?.accept(frame.data, frame.fin);
      case 'synStream':
        return this.#open(frame.streamId, frame.block, frame.fin);
      case 'synReply':
      case 'headers':
        // Nothing is opened from here, yet the decompressor must see it.
        return this.#reader.read(frame.block).then(() => undefined);
      case 'rst':
        this.#streams.get(frame.streamId)?.dropOutput();
        return undefined;
      case 'ping':
        // Only the client's own, which are odd: even ones would be answers to ours.
        if (frame.id % 2 === 1) this.#send(ping(frame.id));
        return undefined;
      case 'goaway':
        // What comes after it is nobody's; a Go server sends nothing more either.
        this.#ending = true;
        this.#end(GoawayStatus.ok);
        return undefined;
      default:
        return undefined;
    }
  }

  async #open(streamId: number, block: Buffer, fin: boolean): Promise<void> {
    const headers = await this.#reader.read(block);
    if (streamId % 2 === 0 || streamId <= this.#lastStreamId) {
      this.#send(rstStream(streamId, RstStatus.protocolError));
      return;
    }
    this.#lastStreamId = streamId;
    if (this.#ending || this.#streams.size >= this.#options.maxStreams) {
      this.#send(rstStream(streamId, RstStatus.refusedStream));
      return;
    }
    const stream = new SpdyStream(streamId, headers, this);
    this.#streams.set(streamId, stream);
    this.#send(synReply(streamId, this.#writer.write(new Map())));
    if (fin) stream.endInput();
    if (!this.#options.onStream(stream)) stream.destroy();
  }

  #send(frame: Buffer): void {
    if (this.#ending || this.#socket.destroyed) return;
    this.#idle?.refresh();
    this.#socket.write(frame);
  }

  #whenWritable(done: (error?: Error | null) => void): void {
    if (!this.#socket.writableNeedDrain) {
      done();
      return;
    }
    const settle = () => {
      this.#socket.off('drain', settle).off('close', settle);
      done();
    };
    this.#socket.on('drain', settle).on('close', settle);
  }

  #end(status: number): void {
    // A stream that was never finished is reset, as a Go server does.
    for (const stream of [...this.#streams.values()]) stream.destroy();
    this.#send(goaway(this.#lastStreamId, status));
    this.#ending = true;
    this.#socket.end();
    this.#linger ??= setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#linger.unref();
  }

  #release(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#linger);
    this.#ending = true;
    this.#reader.close();
    for (const stream of [...this.#streams.values()]) stream.destroy();
  }
}
