import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** An answer that is a text: an error, mostly (edged.md §12.1). */
export interface TextAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** `false`: without a content type, as a kubelet answers some of them. */
  readonly typed?: boolean;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A request that cannot be served; the text is for its sender. */
export class HttpProblem extends Error implements TextAnswer {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly typed: boolean;

  constructor(
    readonly status: number,
    readonly text: string,
    { headers = {}, typed = true }: Pick<TextAnswer, 'headers' | 'typed'> = {},
  ) {
    super(text);
    this.headers = headers;
    this.typed = typed;
  }
}

export function sendText(
  response: ServerResponse,
  { status, text, headers, typed = true }: TextAnswer,
): void {
  response.writeHead(status, {
    ...(typed && { 'Content-Type': 'text/plain; charset=utf-8' }),
    'Content-Length': Buffer.byteLength(text),
    ...(headers as Record<string, string | string[]>),
  });
  response.end(text);
}

export function sendBody(response: ServerResponse, contentType: string, body: string): void {
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** How long a client that was refused may keep its half of the connection open. */
const REFUSED_LINGER_MS = 1000;

/**
 * Answers on a connection that asked for an upgrade and does not get one, then
 * closes it: no server looks after such a connection any more.
 */
export function refuseUpgrade(socket: Duplex, { status, text, headers = {} }: TextAnswer): void {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}\r\n`),
  );
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n${lines.join('')}\r\n${text}`,
  );
  // Only a connection that is read can be seen to end.
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), REFUSED_LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}
