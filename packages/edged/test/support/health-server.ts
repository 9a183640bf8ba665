import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** What a request of a probe looked like on the wire. */
export interface SeenCheck {
  readonly path: string;
  readonly contentType: string;
  readonly authority: string;
  readonly timeout: string;
  readonly te: string;
  /** Message with its frame, hex. */
  readonly body: string;
}

export interface HealthAnswer {
  /** Message with its frame, hex; none: everything is in the headers. */
  readonly body?: string;
  readonly grpcStatus?: number;
  readonly grpcMessage?: string;
  readonly httpStatus?: number;
}

/** A frame with the health status, hex. */
export const healthFrame = (status: number) =>
  status === 0 ? '0000000000' : `000000000208${status.toString(16).padStart(2, '0')}`;

/** A gRPC server on plain HTTP/2 whose answers the test decides. */
export class HealthServer {
  readonly seen: SeenCheck[] = [];
  /** `undefined`: keeps the call open. */
  answer: ((check: SeenCheck) => HealthAnswer) | undefined = () => ({ body: healthFrame(1), grpcStatus: 0 });
  readonly #server: Http2Server = createServer();
  readonly #ended: (() => void)[] = [];

  async listen(host = '127.0.0.1'): Promise<number> {
    this.#server.on('session', (session) => this.#ended.push(() => session.destroy()));
    this.#server.on('stream', (stream, headers) => {
      const parts: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const check = {
          path: String(headers[':path']),
          contentType: String(headers['content-type']),
          authority: String(headers[':authority']),
          timeout: String(headers['grpc-timeout']),
          te: String(headers.te),
          body: Buffer.concat(parts).toString('hex'),
        };
        this.seen.push(check);
        const answer = this.answer?.(check);
        if (answer) respond(stream, answer);
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, host, resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const end of this.#ended) end();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function respond(
  stream: ServerHttp2Stream,
  { body, grpcStatus, grpcMessage, httpStatus = 200 }: HealthAnswer,
): void {
  const outcome = {
    ...(grpcStatus !== undefined && { 'grpc-status': String(grpcStatus) }),
    ...(grpcMessage !== undefined && { 'grpc-message': grpcMessage }),
  };
  const headers = { ':status': httpStatus, 'content-type': 'application/grpc' };
  if (body === undefined) {
    stream.respond({ ...headers, ...outcome }, { endStream: true });
    return;
  }
  stream.respond(headers, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(outcome));
  stream.end(Buffer.from(body, 'hex'));
}
