import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Logger, silentLogger } from '@edgecore/api';
import { WebSocket } from 'ws';
import type { Connection, DialOptions, Transport } from '../connection.js';
import { DialError } from '../errors.js';
import { resolveLimits } from '../limits.js';
import { refused, toDialError } from './dial-error.js';
import { openSocket } from './open-socket.js';
import { WebSocketConnection } from './websocket-connection.js';

export interface WebSocketTransportOptions {
  /** Where broken frames and failed control answers are told. Default: nowhere. */
  readonly logger?: Logger;
}

/**
 * The WebSocket transport: dials CloudHub as upstream's edge does (wire.md §2.1).
 *
 * @example
 * const connection = await createWebSocketTransport().dial({ url, nodeName, projectId, tls });
 */
export function createWebSocketTransport(options: WebSocketTransportOptions = {}): Transport {
  const logger = options.logger ?? silentLogger;
  return { dial: (dialOptions) => dial(dialOptions, logger) };
}

async function dial(options: DialOptions, logger: Logger): Promise<Connection> {
  const url = parseUrl(options);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'wss:' ? 443 : 80));
  const timeoutMs = options.handshakeTimeoutMs ?? 30_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const socket = await openSocket({ host, port, signal, ...(options.tls ? { tls: options.tls } : {}) });
    const limits = resolveLimits(options, 15_000);
    const headers = {
      node_id: options.nodeName,
      project_id: options.projectId,
      ConnectionUse: 'msg',
    };
    const open = (webSocket: WebSocket) =>
      new WebSocketConnection({
        webSocket,
        socket,
        limits,
        logger,
        fragmentation: 'none',
        headers: { node_id: options.nodeName, project_id: options.projectId, connectionuse: 'msg' },
      });
    return await upgrade({ url, socket, headers, maxPayload: limits.maxMessageBytes, signal, open });
  } catch (error) {
    throw toDialError(error, {
      server: `${host}:${port}`,
      timeoutMs,
      callerSignal: options.signal,
      deadline,
    });
  }
}

function parseUrl(options: DialOptions): URL {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url?.protocol === 'wss:' && options.tls) return url;
  if (url?.protocol === 'ws:' && !options.tls) return url;
  throw new DialError(
    'network',
    url
      ? `${options.url}: wss:// needs a client certificate, key and CA; ws:// must not have them`
      : `"${options.url}" is not a URL; expected wss://<host>:<port>/<project>/<node>/events`,
  );
}

interface UpgradeOptions {
  readonly url: URL;
  readonly socket: Socket;
  readonly headers: Record<string, string>;
  readonly maxPayload: number;
  readonly signal: AbortSignal;
  /** Called in the very turn the socket opens: a frame that came with the answer must find its listener. */
  readonly open: (webSocket: WebSocket) => Connection;
}

/** The HTTP upgrade on a socket that is already open and verified. */
function upgrade({ url, socket, headers, maxPayload, signal, open }: UpgradeOptions): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, {
      headers,
      maxPayload,
      perMessageDeflate: false,
      // Go peers put arbitrary bytes into text frames (compat.md §4).
      skipUTF8Validation: true,
      createConnection: () => socket,
    });
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', onAbort);
      webSocket.on('error', () => {});
      webSocket.terminate();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    webSocket.once('error', fail);
    webSocket.once('unexpected-response', (_request, response: IncomingMessage) => {
      webSocket.off('error', fail).on('error', () => {});
      refused(response, url.host).then(fail, fail);
    });
    webSocket.once('open', () => {
      signal.removeEventListener('abort', onAbort);
      webSocket.off('error', fail);
      resolve(open(webSocket));
    });
  });
}
