import { readFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { verifyServer } from '@edgecore/viaduct';
import { WebSocket } from 'ws';
import type { EdgeStreamSettings } from './options.js';

const DEFAULT_PORT = 10_004;
/** A frame of today's cloud carries at most 1 MiB of data. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

export interface TunnelAddress {
  readonly host: string;
  readonly port: number;
  /** The port was written as a character, as the 2020 program does. */
  readonly wasCharacter: boolean;
}

/**
 * `host:port` of the tunnel server. Default configurations of 2020 hold the
 * character of code 10004 (✔) where the port should be.
 */
export function parseServer(server: string): TunnelAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(.*))?$/.exec(server.trim());
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] ?? '';
  const wasCharacter = port === String.fromCharCode(DEFAULT_PORT);
  const number = wasCharacter || port === '' ? DEFAULT_PORT : Number(port);
  if (host === '' || !Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new TypeError(
      `"${server}" is not host:port; set modules.edgeStream.server, such as 203.0.113.5:10004`,
    );
  }
  return { host, port: number, wasCharacter };
}

/**
 * Dials the cloud's tunnel server (edgestream.md §2): both spellings of the
 * node's name, no `Origin`, no compression, text that need not be UTF-8.
 * `prepare` is called before the first frame can come.
 *
 * @throws the system's error, or why the server is not trusted.
 */
export async function dialTunnel(
  settings: EdgeStreamSettings,
  signal: AbortSignal,
  prepare: (socket: WebSocket) => void,
): Promise<void> {
  const { host, port } = parseServer(settings.server);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(settings.handshakeTimeoutMs)]);
  const tls = await openTls(settings, { host, port }, limit);
  const webSocket = new WebSocket(
    `wss://${host.includes(':') ? `[${host}]` : host}:${port}/v1/kubeedge/connect`,
    {
      headers: {
        SessionHostNameOveride: settings.nodeName,
        SessionHostNameOverride: settings.nodeName,
        SessionInternalIP: settings.nodeIp(),
      },
      perMessageDeflate: false,
      skipUTF8Validation: true,
      // A mask protects proxies from what web pages send; inside TLS it only costs a copy of everything.
      generateMask: (mask) => mask.fill(0),
      maxPayload: MAX_MESSAGE_BYTES,
      createConnection: () => tls,
    },
  );
  await new Promise<void>((resolve, reject) => {
    const abort = () => webSocket.terminate();
    limit.addEventListener('abort', abort, { once: true });
    webSocket.once('error', (error) => reject(limit.aborted ? limit.reason : error));
    webSocket.on('error', () => {});
    webSocket.once('open', () => {
      limit.removeEventListener('abort', abort);
      prepare(webSocket);
      resolve();
    });
  });
}

async function openTls(
  { tls, verifyServer: verify }: EdgeStreamSettings,
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<TLSSocket> {
  // At each dial: the hub renews them.
  const [ca, cert, key] = await Promise.all(
    [tls.caFile, tls.certFile, tls.keyFile].map((file) => readFile(file, 'utf8')),
  );
  const socket = connect({
    host,
    port,
    cert: cert!,
    key: key!,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // Checked below: a CA given here would be sent along as a second client certificate.
    rejectUnauthorized: false,
  });
  const abort = () => socket.destroy(new Error('the tunnel server did not finish the handshake in time'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
      socket.once('close', () =>
        reject(new Error('the tunnel server closed the connection during the handshake')),
      );
      if (signal.aborted) abort();
    });
    if (verify === 'ca') verifyServer(socket, { host, port, ca: ca!, checkName: false });
    return socket;
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
