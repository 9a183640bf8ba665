import type { Message } from '@edgecore/beehive';
import { decodeMessage, encodeMessage, withFields } from '@edgecore/beehive';
import type { CloseInfo, Connection } from '../connection.js';
import { controlAnswer } from '../control.js';
import { ConnectionClosedError, MessageTooLargeError, WriteTimeoutError } from '../errors.js';
import type { ResolvedLimits } from '../limits.js';
import { WriteWatch } from '../write-watch.js';
import { Pipe } from './pipe.js';

export interface PairOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly addresses: { readonly client: string; readonly server: string };
  readonly limits: { readonly client: ResolvedLimits; readonly server: ResolvedLimits };
  readonly latencyMs: number;
  readonly capacity: number;
}

/** Two ends of one connection. */
export function connectPair(options: PairOptions): { client: Connection; server: Connection } {
  const { headers, addresses, limits, latencyMs, capacity } = options;
  const up = new Pipe(capacity, latencyMs);
  const down = new Pipe(capacity, latencyMs);
  const client = new MemoryConnection(headers, addresses.server, limits.client, down, up);
  const server = new MemoryConnection(headers, addresses.client, limits.server, up, down);
  client.peer = server;
  server.peer = client;
  return { client, server };
}

class MemoryConnection implements Connection {
  readonly closed: Promise<CloseInfo>;
  peer: MemoryConnection | undefined;
  readonly #writes: WriteWatch;
  #resolveClosed!: (info: CloseInfo) => void;
  #ended = false;
  #bufferedBytes = 0;
  #failure: Error | undefined;

  constructor(
    readonly headers: Readonly<Record<string, string>>,
    readonly remoteAddress: string,
    private readonly limits: ResolvedLimits,
    private readonly inbound: Pipe,
    private readonly outbound: Pipe,
  ) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#writes = new WriteWatch(limits.writeTimeoutMs, () => {
      this.#end({ code: 1006, reason: '', error: new WriteTimeoutError(limits.writeTimeoutMs) });
    });
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  async send(message: Message): Promise<void> {
    if (this.#ended) throw this.#closedError();
    const text = encodeMessage(withFields(message, { sync: false }));
    const bytes = Buffer.byteLength(text);
    if (bytes > this.limits.maxMessageBytes)
      throw new MessageTooLargeError(bytes, this.limits.maxMessageBytes);
    this.#bufferedBytes += bytes;
    this.#writes.begin();
    try {
      if (!(await this.outbound.write(text, bytes))) throw this.#closedError();
    } finally {
      this.#bufferedBytes -= bytes;
      this.#writes.done();
    }
  }

  async *messages(): AsyncGenerator<Message, void, undefined> {
    for await (const { text, bytes } of this.inbound.read()) {
      if (bytes > this.limits.maxMessageBytes) {
        const limit = this.limits.maxMessageBytes;
        const text = `${this.remoteAddress} sent a message larger than the limit of ${limit} bytes (maxMessageBytes)`;
        this.#end({ code: 1009, reason: '', error: new ConnectionClosedError(text) });
        return;
      }
      const message = decodeMessage(text);
      const answer = controlAnswer(message);
      if (answer) await this.send(answer).catch(() => {});
      else yield message;
    }
  }

  async close(code = 1000, reason = ''): Promise<void> {
    this.#end({ code, reason });
  }

  #closedError(): Error {
    return this.#failure instanceof WriteTimeoutError ? this.#failure : new ConnectionClosedError();
  }

  /** Ends this side and, with what a socket would tell it, the other one. */
  #end(info: CloseInfo): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = info.error;
    this.#writes.stop();
    this.inbound.end();
    this.outbound.end();
    this.#resolveClosed(info);
    if (this.peer) this.peer.#end({ code: info.code, reason: info.reason });
  }
}
