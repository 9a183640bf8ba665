import { connect, type Socket } from 'node:net';
import { constants, createDeflate } from 'node:zlib';
import { eventually } from '@edgecore/testing';
import { SPDY_DICTIONARY } from '../../src/server/spdy/dictionary.js';
import { FrameParser } from '../../src/server/spdy/frame-parser.js';
import { dataHead, type Frame, goaway, rstStream, synStream } from '../../src/server/spdy/frames.js';
import { formatHeaders, HeaderReader } from '../../src/server/spdy/header-block.js';

/** What came back, in words: `stdout "x"`, `fin stdout`, `reset stdin`, `goaway`. */
export type Heard = string;

/** A Go client of remotecommand, as far as its traffic goes: a stream is opened after the answer to the one before. */
export class SpdyClient {
  readonly heard: Heard[] = [];
  readonly output = new Map<string, Buffer[]>();
  status: { status: string; message?: string; details?: unknown; reason?: string } | undefined;
  head = '';
  closed = false;
  /** Takes output of any stream instead of keeping it. */
  onOutput: ((data: Buffer) => void) | undefined;
  readonly #streams = new Map<number, string>();
  readonly #deflate = createDeflate({ dictionary: SPDY_DICTIONARY, level: 9 });
  readonly #reader = new HeaderReader();
  readonly #replied = new Set<number>();
  #nextId = 1;

  private constructor(readonly socket: Socket) {}

  static async open(
    target: { port: number },
    path: string,
    protocols: string[] = ['v4.channel.k8s.io'],
  ): Promise<SpdyClient> {
    const socket = connect({ host: '127.0.0.1', ...target });
    const client = new SpdyClient(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      client.closed = true;
    });
    const lines = protocols.map((protocol) => `X-Stream-Protocol-Version: ${protocol}\r\n`).join('');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${lines}Content-Length: 0\r\n\r\n`,
    );
    // Whoever destroys the socket knows it.
    void client.#read().catch(() => undefined);
    await eventually(() => client.head !== '' || client.closed);
    return client;
  }

  /** Opens the streams of an exec, one after the other. */
  async streams(...types: string[]): Promise<void> {
    for (const type of types) await this.stream(type);
  }

  async stream(type: string, headers: Record<string, string> = {}): Promise<number> {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, type);
    const block = await this.#compress(
      formatHeaders(new Map(Object.entries({ streamtype: type, ...headers }))),
    );
    this.socket.write(synStream(id, block));
    await eventually(() => this.#replied.has(id) || this.closed, { what: `a reply to ${type}` });
    return id;
  }

  async send(type: string, data: Buffer, { fin = false } = {}): Promise<void> {
    const id = this.#id(type);
    this.socket.write(dataHead(id, data.length, fin));
    if (data.length > 0 && !this.socket.write(data)) {
      await new Promise<void>((resolve) => {
        if (this.socket.destroyed) resolve();
        this.socket.once('drain', resolve).once('close', () => resolve());
      });
    }
  }

  reset(type: string): void {
    this.socket.write(rstStream(this.#id(type), 5));
  }

  goaway(): void {
    this.socket.write(goaway(0, 0));
  }

  end(): Promise<unknown> {
    return eventually(() => this.closed, { timeoutMs: 20_000, what: 'the end of the session' });
  }

  text(type: string): string {
    return Buffer.concat(this.output.get(type) ?? []).toString('utf8');
  }

  #id(type: string): number {
    return [...this.#streams].find(([, name]) => name === type)![0];
  }

  async #read(): Promise<void> {
    const parser = new FrameParser();
    let raw = Buffer.alloc(0);
    for await (const chunk of this.socket) {
      let bytes = chunk as Buffer;
      if (this.head === '') {
        raw = Buffer.concat([raw, bytes]);
        const end = raw.indexOf('\r\n\r\n');
        if (end < 0) continue;
        this.head = raw.toString('latin1', 0, end + 4);
        bytes = raw.subarray(end + 4);
        if (!this.head.startsWith('HTTP/1.1 101')) {
          this.head += bytes.toString('latin1');
          continue;
        }
      }
      for (const frame of parser.push(bytes)) await this.#hear(frame);
    }
  }

  async #hear(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case 'synReply':
        if ((await this.#reader.read(frame.block)).size === 0) this.#replied.add(frame.streamId);
        this.heard.push(`reply ${this.#streams.get(frame.streamId)}`);
        break;
      case 'data': {
        const type = this.#streams.get(frame.streamId) ?? `stream ${frame.streamId}`;
        if (frame.data.length > 0) {
          // Small ones are told in full; a hundred megabytes are only kept.
          if (frame.data.length < 2000) this.heard.push(`${type} ${frame.data.toString('latin1')}`);
          if (this.onOutput && type !== 'error') this.onOutput(frame.data);
          else this.output.set(type, [...(this.output.get(type) ?? []), Buffer.from(frame.data)]);
          if (type === 'error') this.status = parseStatus(this.text('error'));
        }
        if (frame.fin) this.heard.push(`fin ${type}`);
        break;
      }
      case 'rst':
        this.#replied.add(frame.streamId);
        this.heard.push(`reset ${this.#streams.get(frame.streamId)} ${frame.status}`);
        break;
      case 'goaway':
        this.heard.push(`goaway ${frame.lastStreamId} ${frame.status}`);
        break;
      default:
        this.heard.push(frame.kind);
    }
  }

  #compress(plain: Buffer): Promise<Buffer> {
    const parts: Buffer[] = [];
    const keep = (part: Buffer) => parts.push(part);
    this.#deflate.on('data', keep);
    return new Promise((resolve) => {
      this.#deflate.write(plain);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('data', keep);
        resolve(Buffer.concat(parts));
      });
    });
  }
}

function parseStatus(text: string): SpdyClient['status'] {
  try {
    return JSON.parse(text) as SpdyClient['status'];
  } catch {
    return { status: 'text', message: text };
  }
}
