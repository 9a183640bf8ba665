import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@edgecore/api';
import { ListenError } from '../errors.js';
import { refused, type UploadAnswer } from './upload-answer.js';
import type { ResolvedUploadOptions } from './upload-options.js';
import { webPageSign } from './web-page-check.js';

export interface UploadServerParts {
  readonly options: ResolvedUploadOptions;
  readonly log: Logger;
  /** What to answer; the signal aborts when the application has gone. */
  readonly handle: (body: Buffer, signal: AbortSignal) => Promise<UploadAnswer>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5000;
const CANNOT_READ = "can't read data from body of the http's request";

/** HTTP for applications of the node: any path, any method, one answer format (servicebus.md §4). */
export class UploadServer {
  readonly #http: Server;
  #closing: Promise<void> | undefined;

  private constructor(private readonly parts: UploadServerParts) {
    this.#http = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 5000,
      },
      (request, response) => {
        void this.#serve(request, response);
      },
    );
    // Twice as many as may wait: each refusal needs a connection, too.
    this.#http.maxConnections = 2 * parts.options.maxUploads;
  }

  /** @throws {ListenError} */
  static async listen(parts: UploadServerParts): Promise<UploadServer> {
    const server = new UploadServer(parts);
    const { server: host, port } = parts.options;
    await new Promise<void>((resolve, reject) => {
      server.#http.once('error', (cause) => reject(new ListenError(`${host}:${port}`, { cause })));
      server.#http.listen(port, host, resolve);
    });
    server.#http.on('error', (error) =>
      parts.log.error({ error: error.message }, 'the server for applications failed'),
    );
    return server;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Gives up the address at once; requests in hand have `closeGraceMs`. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const timer = setTimeout(() => this.#http.closeAllConnections(), this.parts.options.closeGraceMs);
      this.#http.close(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#http.closeIdleConnections();
    });
    return this.#closing;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const { options, handle } = this.parts;
    const sign = options.checkOrigin ? webPageSign(request.headers, options.server) : undefined;
    const body = await readBody(request, options.maxBodyBytes);
    if (gone.signal.aborted) return;
    const answer =
      sign === undefined
        ? body
          ? await handle(body, gone.signal)
          : refused(CANNOT_READ)
        : refused(sign, 403);
    if (gone.signal.aborted) return;
    const text = JSON.stringify(answer);
    response.writeHead(200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
      // A server on its way out keeps nobody.
      ...(this.#closing ? { Connection: 'close' } : {}),
    });
    response.end(text);
  }
}

/** `undefined` when it is too large or breaks off. What is too large is read on, or its sender would never see the answer. */
function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (size > 10 * maxBytes) request.destroy();
    });
    request.on('end', () => resolve(size > maxBytes ? undefined : Buffer.concat(chunks, size)));
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}
