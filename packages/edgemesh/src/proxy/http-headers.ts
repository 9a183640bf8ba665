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

/** Header pairs as they came, spelling and order kept, without those for one hop and those `drop` names. */
export function passedHeaders(message: IncomingMessage, drop: readonly string[] = []): string[] {
  const { rawHeaders, headers } = message;
  const named = (headers.connection ?? '').toLowerCase().split(',');
  const gone = new Set([...HOP_BY_HOP, ...drop, ...named.map((name) => name.trim())]);
  const passed: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (!gone.has(rawHeaders[index]!.toLowerCase())) passed.push(rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  return passed;
}

/** The request's headers for an endpoint: the client's address is added to those the request came through. */
export function requestHeaders(request: IncomingMessage, client: string, service: ServiceKey): string[] {
  const headers = passedHeaders(request, ['expect', 'x-forwarded-for']);
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
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === STICKY_COOKIE && value) return value;
  }
  return undefined;
}
