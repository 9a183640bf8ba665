import { isIP } from 'node:net';
import { InvalidOptionError } from '../errors.js';
import { isThisMachine } from './address.js';

/** A service the cloud may call: the port it names, and what that stands for. */
export interface ServiceTarget {
  /** Port as the cloud names it. */
  readonly port: number;
  /** Name or address of the machine. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port on that machine. Default: `port`. */
  readonly hostPort?: number;
  /** Paths below this one only. Default `/`: all. */
  readonly prefix?: string;
  /** Send `Authorization`, `Cookie` and the like to a machine that is not this one. Default false. */
  readonly forwardCredentials?: boolean;
}

export interface ResolvedTarget extends Required<ServiceTarget> {
  /** It is this machine, as it stands there. */
  readonly local: boolean;
}

/** Names whose last label is a number are read as addresses by some resolvers (`0x7f.1`, `2130706433`, `0177.0.0.1`). */
const NUMERIC_END = /(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$/i;
const HOST_NAME = /^[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*\.?$/i;
const PREFIX = /^\/[!$->@-[\]-~]*$/;

/** Fills in the defaults. @throws {InvalidOptionError} naming the entry. */
export function resolveTarget(target: ServiceTarget, index: number): ResolvedTarget {
  const option = `targets[${index}]`;
  const host = checkHost(target.host ?? '127.0.0.1', option);
  const prefix = target.prefix ?? '/';
  if (!PREFIX.test(prefix) || hasDotSegments(prefix)) {
    throw new InvalidOptionError(`${option}.prefix`, `"${prefix}" is not a path such as /api`);
  }
  return {
    host,
    local: isThisMachine(host),
    port: checkPort(target.port, `${option}.port`),
    hostPort: checkPort(target.hostPort ?? target.port, `${option}.hostPort`),
    // `/api/` and `/api` allow the same.
    prefix: prefix === '/' ? prefix : prefix.replace(/\/+$/, ''),
    forwardCredentials: target.forwardCredentials ?? false,
  };
}

export function checkPort(port: number, option: string): number {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidOptionError(option, `${port} is not a port from 1 to 65535`);
}

function checkHost(host: string, option: string): string {
  if (isIP(host) !== 0) return host;
  if (HOST_NAME.test(host) && !NUMERIC_END.test(host) && host.length <= 253) return host.toLowerCase();
  throw new InvalidOptionError(
    `${option}.host`,
    `"${host}" is neither a host name nor an IP address in its usual form (an IPv6 address without brackets)`,
  );
}

/** Is the path (without its query) the prefix or below it? */
export function isBelow(path: string, prefix: string): boolean {
  const [plain = ''] = path.split('?', 1);
  return prefix === '/' || plain === prefix || plain.startsWith(`${prefix}/`);
}

/** `..` in any spelling a server could undo: percent-encoded once or more, with `\`, with parameters. */
export function hasDotSegments(path: string): boolean {
  let [plain = ''] = path.split('?', 1);
  for (let round = 0; round < 4; round += 1) {
    if (plain.split(/[/\\]/).some((segment) => /^\.\.?(;|$)/.test(segment))) return true;
    const decoded = plain.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
    if (decoded === plain) return false;
    plain = decoded;
  }
  // Encoded again and again: nobody means well by that.
  return true;
}
