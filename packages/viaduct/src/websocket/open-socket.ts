import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ClientTls } from '../connection.js';
import { verifyServer } from './verify-server.js';

export interface OpenSocketOptions {
  readonly host: string;
  readonly port: number;
  /** Absent: plain TCP. */
  readonly tls?: ClientTls;
  readonly signal: AbortSignal;
}

/**
 * Opens the socket a WebSocket handshake may be written to: for TLS only after
 * the server was verified.
 *
 * @throws the socket's own error, `signal.reason`, or a {@link DialError} when the server is not trusted.
 */
export async function openSocket(options: OpenSocketOptions): Promise<Socket> {
  const { host, port, tls, signal } = options;
  signal.throwIfAborted();
  const socket: Socket | TLSSocket = tls
    ? connectTls({
        host,
        port,
        cert: tls.cert,
        key: tls.key,
        ALPNProtocols: ['http/1.1'],
        minVersion: 'TLSv1.2',
        rejectUnauthorized: false,
        ...(isIP(host) ? {} : { servername: host }),
      })
    : connectTcp({ host, port });
  try {
    await established(socket, tls ? 'secureConnect' : 'connect', signal);
    if (tls) verifyServer(socket as TLSSocket, { host, port, ca: tls.ca });
    return socket;
  } catch (error) {
    // A late alert must not become an uncaught 'error' event.
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  }
}

function established(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => () => {
      socket.off('error', onError).off('close', onClose).off(event, onOpen);
      signal.removeEventListener('abort', onAbort);
      action();
    };
    const onOpen = settle(resolve);
    const onAbort = settle(() => reject(signal.reason));
    const onClose = settle(() =>
      reject(new Error('the server closed the connection during the TLS handshake')),
    );
    const onError = (error: Error) => settle(() => reject(error))();
    socket.once(event, onOpen).once('error', onError).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
