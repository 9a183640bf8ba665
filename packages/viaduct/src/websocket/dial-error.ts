import type { IncomingMessage } from 'node:http';
import { errorText } from '@edgecore/api';
import { DialError } from '../errors.js';

const BODY_EXCERPT_BYTES = 200;

/** The error for an upgrade the server answered with an ordinary response. */
export async function refused(response: IncomingMessage, server: string): Promise<DialError> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= BODY_EXCERPT_BYTES) break;
  }
  const body = Buffer.concat(chunks).subarray(0, BODY_EXCERPT_BYTES).toString('utf8').trim();
  const status = response.statusCode ?? 0;
  const location = response.headers.location;
  return new DialError(
    'http',
    `${server} refused the WebSocket upgrade: HTTP ${status} ${response.statusMessage ?? ''}`.trimEnd() +
      (location === undefined ? '' : ` to ${location}`) +
      (body === '' ? '' : `: ${body}`),
    status,
  );
}

export interface DialFailureContext {
  readonly server: string;
  readonly timeoutMs: number;
  readonly callerSignal: AbortSignal | undefined;
  readonly deadline: AbortSignal;
}

/** Says in one sentence what failed, with what and what to do. */
export function toDialError(error: unknown, context: DialFailureContext): DialError {
  const { server } = context;
  if (error instanceof DialError) return error;
  if (context.callerSignal?.aborted) {
    return new DialError('aborted', `dialling ${server} was cancelled`, undefined, { cause: error });
  }
  if (context.deadline.aborted) {
    return new DialError('timeout', `${server} did not finish the handshake in ${context.timeoutMs} ms`);
  }
  const code = codeOf(error);
  const cause = { cause: error };
  if (/ALERT/.test(code)) return new DialError('tls', alertText(server, code), undefined, cause);
  if (/^ERR_(SSL|TLS|OSSL)|EPROTO/.test(code)) {
    return new DialError('tls', `TLS with ${server} failed (${code})`, undefined, cause);
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const text = `${server} closed the connection during the handshake (${code}); a server that does not accept the client certificate may do so`;
    return new DialError('network', text, undefined, cause);
  }
  const known = HINTS[code];
  const text = known ? `cannot connect to ${server}: ${known} (${code})` : `cannot connect to ${server}`;
  return new DialError('network', known ? text : `${text}: ${errorText(error)}`, undefined, cause);
}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is CloudCore running?',
  ENOTFOUND: 'the name does not resolve; check the address and DNS',
  EAI_AGAIN: 'name resolution failed for now; check DNS',
  EHOSTUNREACH: 'no route to the host; check the network',
  ENETUNREACH: 'the network is unreachable; check the network',
  ETIMEDOUT: 'no answer; check address, port and firewalls',
};

/** An alert after our certificate went out is the server's verdict on it. */
function alertText(server: string, code: string): string {
  const alert = code.replace(/^ERR_SSL_/, '');
  if (/PROTOCOL_VERSION|HANDSHAKE_FAILURE/.test(alert)) {
    return `${server} refused the TLS handshake (${alert}): no common TLS version, cipher or acceptable client certificate`;
  }
  if (/CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|BAD_|DECRYPT/.test(alert)) {
    return `${server} refused the client certificate (${alert}): the edge certificate file is missing, expired or not issued by this cloud's CA; remove it and join again with a fresh token`;
  }
  return `${server} ended TLS with an alert (${alert})`;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
