import { type IncomingMessage, request } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { verifyServer } from '@edgecore/viaduct';

export interface HttpsGetOptions {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with an explicit Content-Length: Node frames no body of a GET by itself (edgehub.md §3.2). */
  readonly body?: Uint8Array;
  /** PEM the server is verified against, before the request is written. Absent: not verified. */
  readonly ca?: string;
  /** PEM; presented to the server as it is, without its CA. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Connection, request and answer together. */
  readonly timeoutMs: number;
  /** Default 1 MiB, as upstream reads (edgehub.md §3.2). */
  readonly maxBodyBytes?: number;
  readonly signal: AbortSignal;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

const MIB = 1024 * 1024;

/**
 * One `GET` over HTTP/1.1 and a TLS connection of its own. Verification is
 * ours, not OpenSSL's: a CA it knows would be sent along with the client
 * certificate (compat.md §6.1).
 *
 * @throws the socket's error, a DialError when the server is not trusted, or the abort reason.
 */
export async function httpsGet(options: HttpsGetOptions): Promise<HttpsAnswer> {
  const { url, ca, timeoutMs } = options;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 443);
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  let socket: TLSSocket | undefined;
  try {
    socket = await openTls(host, port, options, signal);
    if (ca !== undefined) verifyServer(socket, { host, port, ca });
    return await exchange(socket, options, signal);
  } catch (error) {
    options.signal.throwIfAborted();
    if (deadline.aborted) throw new Error(`no complete answer within ${timeoutMs} ms`, { cause: error });
    throw error;
  } finally {
    // A late alert must not become an uncaught 'error' event.
    socket?.on('error', () => {});
    socket?.destroy();
  }
}

function openTls(
  host: string,
  port: number,
  { clientCertificate }: HttpsGetOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) ? {} : { servername: host }),
      ...clientCertificate,
    });
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    const onClose = () => fail(new Error('the server closed the connection during the TLS handshake'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', fail).once('close', onClose);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('close', onClose).off('error', fail);
      resolve(socket);
    });
  });
}

function exchange(socket: TLSSocket, options: HttpsGetOptions, signal: AbortSignal): Promise<HttpsAnswer> {
  const { url, headers, body, maxBodyBytes = MIB } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => socket,
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: {
        Host: url.host,
        Connection: 'close',
        ...headers,
        ...(body ? { 'Content-Length': String(body.length) } : {}),
      },
      signal,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response: IncomingMessage) => {
      readBody(response, maxBodyBytes).then(
        (bytes) =>
          resolve({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'] ?? '',
            body: bytes,
          }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

async function readBody(response: IncomingMessage, maxBodyBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > maxBodyBytes) throw new Error(`the answer is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
