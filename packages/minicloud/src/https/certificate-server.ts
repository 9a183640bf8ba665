import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type CloudProfileName, errorText, type Logger } from '@edgecore/api';
import type { CertificateAuthority } from '../pki/authority.js';
import { type CertificateRequest, type ClientCertificate, certificateRules } from './certificate-rules.js';

const BODY_LIMIT_BYTES = 1024 * 1024;

export interface CertificateServerOptions {
  readonly authority: CertificateAuthority;
  readonly server: { readonly cert: string; readonly key: string };
  readonly profile: CloudProfileName;
  readonly host: string;
  readonly port: number;
  readonly now: () => number;
  readonly nodeExists: (name: string) => boolean;
  readonly logger: Logger;
}

/** CloudHub's HTTPS endpoints: the CA, certificates for edges, and the probe of each profile (wire.md §6.3). */
export class CertificateServer {
  readonly #https: Server;

  private constructor(private readonly options: CertificateServerOptions) {
    this.#https = createServer({
      ...options.server,
      // Edges without a certificate come here to get one; the rules look at it when there is one.
      ca: options.authority.certPem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      handshakeTimeout: 30_000,
    });
    this.#https.on('request', (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        options.logger.warn({ url: request.url, err: errorText(error) }, 'a certificate request failed');
        response.destroy();
      });
    });
    this.#https.on('tlsClientError', (error) => options.logger.debug({ err: error }, 'TLS handshake failed'));
  }

  /** @throws the listen error. */
  static async listen(options: CertificateServerOptions): Promise<CertificateServer> {
    const server = new CertificateServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#https.once('error', reject);
      server.#https.listen(options.port, options.host, () => {
        server.#https.off('error', reject);
        resolve();
      });
    });
    return server;
  }

  get port(): number {
    return (this.#https.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#https.closeAllConnections();
    await new Promise<void>((resolve) => this.#https.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { profile, authority } = this.options;
    const path = (request.url ?? '/').split('?')[0]!;
    const known = path === '/ca.crt' || path === '/edge.crt' || this.#isProbe(path);
    if (!known)
      return send(response, 404, profile === '2020' ? '404 page not found\n' : '404: Page Not Found');
    if (request.method !== 'GET') {
      if (profile === '2020') return send(response, 405, Buffer.alloc(0));
      response.setHeader('Allow', 'GET');
      return send(response, 405, '405: Method Not Allowed');
    }
    if (path === '/ca.crt') return send(response, 200, authority.der);
    if (path !== '/edge.crt') return this.#probe(path, response);
    const answer = await certificateRules[profile](await readRequest(request), this.options);
    if (answer === 'reset') {
      request.socket.destroy();
      return;
    }
    if (answer.status !== 200) {
      this.options.logger.warn(
        { peer: request.socket.remoteAddress, status: answer.status },
        String(answer.body),
      );
    }
    send(response, answer.status, answer.body);
  }

  #isProbe(path: string): boolean {
    return this.options.profile === '2020' ? path === '/readyz' : /^\/node\/[^/]+$/.test(path);
  }

  #probe(path: string, response: ServerResponse): void {
    const name = decodeURIComponent(path.slice('/node/'.length));
    if (this.options.profile === '2020') send(response, 200, 'Cloudcore is ready');
    else if (this.options.nodeExists(name)) send(response, 200, 'Node founded');
    else send(response, 404, 'Node not found');
  }
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  const data = Buffer.from(body);
  if (data.length > 0) {
    const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
    response.setHeader('Content-Type', type);
  }
  response.writeHead(status, { 'Content-Length': data.length });
  response.end(data);
}

async function readRequest(request: IncomingMessage): Promise<CertificateRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_LIMIT_BYTES) throw new Error(`the body exceeds ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return {
    authorization: request.headers.authorization,
    nodeName: first(request.headers['nodename']) ?? '',
    usages: first(request.headers['extkeyusages']),
    body: Buffer.concat(chunks),
    client: clientCertificate(request.socket as TLSSocket),
  };
}

function clientCertificate(socket: TLSSocket): ClientCertificate | undefined {
  const { subject } = socket.getPeerCertificate();
  if (!subject) return undefined;
  return {
    trusted: socket.authorized,
    problem: String(socket.authorizationError ?? ''),
    commonName: first(subject.CN) ?? '',
    organization: first(subject.O) ?? '',
  };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
