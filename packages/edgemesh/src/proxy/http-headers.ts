import type { IncomingMessage } from 'node:http';
import type { ServiceKey } from '../model/names.js';

/** Meant for the next machine only (RFC 9110 §7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Of requests: answered here; written anew. */
const NOT_PASSED = ['expect', 'x-forwarded-for'];

/** Header pairs as they came, spelling and order kept, without those for one hop and those `drop` names. */
export function passedHeaders(message: IncomingMessage, drop: readonly string[] = []): string[] {
  const { rawHeaders, headers } = message;
  const { connection } = headers;
  const named = connection === undefined ? [] : connection.toLowerCase().split(',').map(trimmed);
  const passed: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (HOP_BY_HOP.has(name) || drop.includes(name) || named.includes(name)) continue;
    passed.push(rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  return passed;
}

function trimmed(text: string): string {
  return text.trim();
}

/** The request's headers for an endpoint: the client's address is added to those the request came through. */
export function requestHeaders(request: IncomingMessage, client: string, service: ServiceKey): string[] {
  const headers = passedHeaders(request, NOT_PASSED);
  // HTTP/1.0 may come without; the endpoint is spoken to in HTTP/1.1.
  if (request.headers.host === undefined) headers.push('Host', service.split('/').reverse().join('.'));
  const before = request.headers['x-forwarded-for'];
  headers.push('X-Forwarded-For', before === undefined ? client : `${before}, ${client}`);
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  return headers;
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** May be sent again although an endpoint may have got it. */
export function isRepeatable(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? '') && !hasBody(request);
}

/** The cookie 2020's mesh used for sessions. */
export const STICKY_COOKIE = 'go-chassisLB';

export function cookieOf(request: IncomingMessage): string | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined) return undefined;
  for (const part of cookie.split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === STICKY_COOKIE && value) return value;
  }
  return undefined;
}
