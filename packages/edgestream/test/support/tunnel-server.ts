import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { decodeTunnelFrame, encodeTunnelFrame, TunnelFrameType } from '@edgecore/viaduct';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Files {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A CA and one certificate of it, for both ends. */
export async function certificates(): Promise<Files> {
  const cwd = await tempDir('tunnel-tls-');
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=KubeEdge',
  );
  openssl('req', ...key, '-keyout', 'node.key', '-out', 'csr', '-subj', '/CN=node');
  writeFileSync(join(cwd, 'ext'), 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=IP:203.0.113.9\n');
  openssl(
    ...['x509', '-req', '-in', 'csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'node.crt', '-days', '2', '-extfile', 'ext'],
  );
  return { caFile: join(cwd, 'ca.crt'), certFile: join(cwd, 'node.crt'), keyFile: join(cwd, 'node.key') };
}

/** The cloud's end of the tunnel: remembers handshakes, frames and pings. */
export class TunnelServer {
  readonly handshakes: IncomingMessage[] = [];
  readonly frames: Buffer[] = [];
  readonly pings: string[] = [];
  socket: WebSocket | undefined;
  readonly #https;
  readonly #webSockets: WebSocketServer;

  constructor(files: Files) {
    this.#https = createServer({
      ca: readFileSync(files.caFile),
      cert: readFileSync(files.certFile),
      key: readFileSync(files.keyFile),
      requestCert: true,
      rejectUnauthorized: true,
    });
    this.#webSockets = new WebSocketServer({ server: this.#https, skipUTF8Validation: true });
    this.#webSockets.on('connection', (socket, request) => {
      this.handshakes.push(request);
      this.socket = socket;
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) socket.close(1003, 'message type must be TextMessage');
        this.frames.push(data);
      });
      socket.on('ping', (data: Buffer) => this.pings.push(data.toString()));
      socket.on('error', () => {});
    });
  }

  async listen(): Promise<number> {
    this.#https.listen(0, '127.0.0.1');
    await once(this.#https, 'listening');
    return (this.#https.address() as AddressInfo).port;
  }

  send(frame: Buffer): void {
    this.socket!.send(frame, { binary: false });
  }

  connect(id: number, type: number, path: string, more: object = {}, rawQuery = ''): void {
    const content = {
      MessID: id,
      url: { Host: '10.0.0.5:80', Path: path, RawQuery: rawQuery },
      header: {},
      ...more,
    };
    this.send(encodeTunnelFrame(BigInt(id), type, Buffer.from(JSON.stringify(content))));
  }

  of(id: number) {
    return this.frames.map(decodeTunnelFrame).filter(({ connectId }) => connectId === BigInt(id));
  }

  data(id: number): Buffer {
    return Buffer.concat(this.of(id).flatMap(({ type, data }) => (type === 3n ? [data] : [])));
  }

  removes(id: number): number {
    return this.of(id).filter(({ type }) => type === BigInt(TunnelFrameType.removeConnect)).length;
  }

  ended(id: number): Promise<unknown> {
    return eventually(() => this.removes(id) > 0, { timeoutMs: 20_000, what: `the end of ${id}` });
  }

  async close(): Promise<void> {
    for (const client of this.#webSockets.clients) client.terminate();
    this.#https.close();
  }
}
