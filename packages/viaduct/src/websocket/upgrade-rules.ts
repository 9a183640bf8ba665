import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { posix } from 'node:path';
import type { Duplex } from 'node:stream';

export interface UpgradeRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What CloudHub's HTTP layer answers instead of upgrading (wire.md §2.1), or `undefined`. */
export function upgradeRefusal(request: IncomingMessage, busy: boolean): UpgradeRefusal | undefined {
  if (busy) return { status: 503, headers: {} };
  const [path = '/', query] = (request.url ?? '/').split('?', 2);
  if (path.includes('//')) {
    const location = posix.normalize(path) + (query === undefined ? '' : `?${query}`);
    return { status: 301, headers: { Location: location } };
  }
  const { origin, host } = request.headers;
  if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host)) {
    return { status: 403, headers: { 'Sec-Websocket-Version': '13' } };
  }
  return undefined;
}

export function refuseUpgrade(socket: Duplex, { status, headers }: UpgradeRefusal): void {
  const body = `${STATUS_CODES[status]}\n`;
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(body.length),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}
