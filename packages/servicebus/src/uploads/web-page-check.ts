import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Why a request may come from a web page in a browser of this machine, which
 * can post to loopback too: by its `Origin`, or by a `Host` whose name its
 * owner pointed here (DNS rebinding). `undefined`: it does not look so.
 */
export function webPageSign(headers: IncomingHttpHeaders, listenHost: string): string | undefined {
  if (headers.origin !== undefined) return 'requests of web pages (with an Origin header) are not allowed';
  if (headers.host === undefined || isThisServer(hostOf(headers.host), listenHost)) return undefined;
  return 'the Host header does not name this machine; use http://127.0.0.1';
}

/** Without the port, without brackets. */
function hostOf(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.trim()) ?? [];
  return (bracketed ?? plain ?? '').toLowerCase();
}

function isThisServer(host: string, listenHost: string): boolean {
  const family = isIP(host);
  if (host === 'localhost' || host === listenHost.toLowerCase()) return true;
  if (family === 0) return false;
  // On every interface each address of the machine is right; an address cannot be rebound.
  if (isWildcard(listenHost)) return true;
  return LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Can other machines reach a server that listens here? */
export function isOpenToOthers(listenHost: string): boolean {
  const family = isIP(listenHost);
  if (family === 0) return listenHost !== 'localhost';
  return !LOOPBACK.check(listenHost, family === 4 ? 'ipv4' : 'ipv6');
}
