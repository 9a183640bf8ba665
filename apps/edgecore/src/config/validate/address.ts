import { isIP } from 'node:net';

export interface HostPort {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Takes `host:port` or `[v6]:port` apart; `undefined` when the text is neither. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const host = match[1] ?? match[2]!;
  if (match[1] !== undefined && isIP(match[1].replace(/%.*$/, '')) !== 6) return undefined;
  const port = Number(match[3]);
  return isPort(port) ? { host, port } : undefined;
}

/** `host:port`, with brackets where an IPv6 address needs them. */
export function formatHostPort(host: string, port: number): string {
  return isIP(host.replace(/%.*$/, '')) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** A URL with one of the schemes and a host, or `undefined`. */
export function parseUrl(text: string, schemes: readonly string[]): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return schemes.includes(url.protocol) && url.hostname !== '' ? url : undefined;
}
