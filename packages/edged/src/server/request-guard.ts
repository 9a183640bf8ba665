import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { HttpProblem } from './http-answer.js';

/**
 * Keeps web pages out: who can reach this server can run commands in
 * containers, and a browser on this machine can reach it. A page sends an
 * `Origin`, or, after pointing a name of its own at this address, that name as `Host`.
 *
 * @throws {HttpProblem} 403.
 */
export function refuseBrowsers(headers: IncomingHttpHeaders, nodeName: string): void {
  if (headers.origin !== undefined) {
    throw new HttpProblem(403, 'requests of web pages are not served here (Origin header)');
  }
  const host = hostOf(headers.host ?? '');
  if (host !== '' && host !== 'localhost' && host !== nodeName.toLowerCase() && isIP(host) === 0) {
    throw new HttpProblem(
      403,
      `this server is not "${host}": use an IP address, localhost or the node's name`,
    );
  }
}

function hostOf(value: string): string {
  const host = /^\[([^\]]*)\]/.exec(value)?.[1] ?? value.replace(/:\d*$/, '');
  return host.toLowerCase();
}
