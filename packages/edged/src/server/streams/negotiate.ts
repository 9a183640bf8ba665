import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '../http-answer.js';

/**
 * The first protocol of the client's list that this side speaks
 * (edgestream.md §9): several header lines, or several on one line; unknown
 * ones such as v5 over SPDY are skipped.
 *
 * @throws {HttpProblem} 400 without a list, 403 without a common one.
 */
export function negotiateSpdy(request: IncomingMessage, supported: readonly string[]): string {
  const wanted = headerValues(request, 'x-stream-protocol-version').flatMap(splitList);
  if (wanted.length === 0) {
    throw new HttpProblem(400, 'unable to upgrade: X-Stream-Protocol-Version is required');
  }
  const found = wanted.find((protocol) => supported.includes(protocol));
  if (found !== undefined) return found;
  throw new HttpProblem(
    403,
    `unable to upgrade: unable to negotiate protocol: client supports [${wanted.join(' ')}], server accepts [${supported.join(' ')}]`,
    { headers: { 'X-Accepted-Stream-Protocol-Versions': supported } },
  );
}

/** Checks a WebSocket client's subprotocols. @throws {HttpProblem} 403 without a common one. */
export function checkSubprotocols(request: IncomingMessage, supported: readonly string[]): void {
  const wanted = headerValues(request, 'sec-websocket-protocol').flatMap(splitList);
  if (wanted.length === 0 || wanted.some((protocol) => supported.includes(protocol))) return;
  throw new HttpProblem(
    403,
    `unable to upgrade: unable to negotiate protocol: client supports [${wanted.join(' ')}], server accepts [${supported.join(' ')}]`,
  );
}

/** `spdy`, `websocket`, or nothing this server can become. */
export function upgradeKind(request: IncomingMessage): 'spdy' | 'websocket' | undefined {
  const upgrade = headerValues(request, 'upgrade')
    .flatMap(splitList)
    .map((value) => value.toLowerCase());
  if (upgrade.includes('websocket')) return 'websocket';
  return upgrade.includes('spdy/3.1') ? 'spdy' : undefined;
}

/** The head a client of SPDY waits for. */
export function spdyAccepted(protocol: string): string {
  return (
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
    `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`
  );
}

function headerValues(request: IncomingMessage, name: string): string[] {
  return request.headersDistinct[name] ?? [];
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
