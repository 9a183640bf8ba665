import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { errorText, hasCode, type Logger } from '@edgecore/api';
import { framed } from '../frame.js';
import { NO_ERROR } from '../http2.js';
import type { ReceiveBudget } from '../receive-budget.js';
import { GrpcCode, GrpcError } from '../status.js';
import { encodeStatusText } from '../status-text.js';
import { readTimeout, timerMs } from '../timeout.js';
import { UnaryMessage } from '../unary-message.js';
import type { UnaryHandler } from './handler.js';

export interface UnaryCallOptions {
  readonly methods: ReadonlyMap<string, UnaryHandler>;
  readonly budget: ReceiveBudget;
  /** The longest a call may take; a caller's deadline can only be earlier. */
  readonly maxCallMs: number;
  readonly log: Logger;
  /** Called once for each call, with its path and status. */
  readonly ended: (path: string, status: number) => void;
}

/** Serves one stream: one request, one answer, or a status alone. Never throws, always answers or is cut off. */
export function serveUnaryCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: UnaryCallOptions,
): void {
  const refused = notGrpc(headers);
  if (refused !== undefined) {
    stream.on('error', () => {});
    stream.respond({ ':status': refused }, { endStream: true });
    stream.close(NO_ERROR);
    return;
  }
  new UnaryCall(stream, headers, options).run();
}

/** The HTTP status for what is no gRPC call at all. */
function notGrpc(headers: IncomingHttpHeaders): number | undefined {
  if (headers[':method'] !== 'POST') return 405;
  if (!/^application\/grpc(?:\+proto)?(?:;|$)/.test(headers['content-type'] ?? '')) {
    return 415;
  }
  return undefined;
}

class UnaryCall {
  readonly #path: string;
  readonly #message: UnaryMessage;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly headers: IncomingHttpHeaders,
    private readonly options: UnaryCallOptions,
  ) {
    this.#path = headers[':path'] ?? '';
    this.#message = new UnaryMessage(options.budget);
  }

  run(): void {
    const { stream } = this;
    // A stream that is reset reports an error; the peer is gone, and `close` follows.
    stream.on('error', () => {});
    stream.on('close', () => this.#end(GrpcCode.CANCELLED));
    try {
      const handler = this.#handler();
      this.#startTimer();
      stream.on('data', (chunk: Buffer) => this.#receive(chunk));
      stream.on('end', () => void this.#handle(handler));
    } catch (error) {
      this.#fail(error);
    }
  }

  #handler(): UnaryHandler {
    const handler = this.options.methods.get(this.#path);
    if (!handler) throw new GrpcError(GrpcCode.UNIMPLEMENTED, `there is no method ${this.#path}`);
    const encoding = this.headers['grpc-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      throw new GrpcError(GrpcCode.UNIMPLEMENTED, `the compression "${encoding}" is not supported`);
    }
    return handler;
  }

  #startTimer(): void {
    const { maxCallMs } = this.options;
    const ms = Math.min(readTimeout(this.headers['grpc-timeout']) ?? maxCallMs, maxCallMs);
    const late = () => this.#fail(new GrpcError(GrpcCode.DEADLINE_EXCEEDED, `no answer within ${ms} ms`));
    this.#timer = setTimeout(late, timerMs(ms));
    this.#timer.unref();
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#message.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #handle(handler: UnaryHandler): Promise<void> {
    if (this.#ended) return;
    try {
      const answer = await handler(this.#message.finish(), this.#over.signal);
      if (!this.#end(GrpcCode.OK) || this.stream.destroyed) return;
      const { stream } = this;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }));
      stream.end(framed(answer));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Answers with a status alone; the rest of the request is not read. */
  #fail(error: unknown): void {
    const { status, text } = this.#statusOf(error);
    if (!this.#end(status) || this.stream.destroyed) return;
    const { stream } = this;
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(status),
        'grpc-message': encodeStatusText(text),
        ...(status === GrpcCode.UNIMPLEMENTED ? { 'grpc-accept-encoding': 'identity' } : {}),
      },
      { endStream: true },
    );
    if (!stream.readableEnded) stream.close(NO_ERROR);
  }

  #statusOf(error: unknown): { status: number; text: string } {
    if (hasCode(error, 'ERR_GRPC_STATUS')) {
      const { status, message } = error as GrpcError;
      return { status, text: message };
    }
    this.options.log.error({ err: error, method: this.#path }, 'a call failed');
    return { status: GrpcCode.INTERNAL, text: errorText(error) };
  }

  /** False when the call has ended already: its deadline passed, or the caller is gone. */
  #end(status: number): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#message.release();
    if (status !== GrpcCode.OK) this.#over.abort(new GrpcError(status, 'the call has ended'));
    this.options.ended(this.#path, status);
    return true;
  }
}
