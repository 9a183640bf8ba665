import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import type { Minicloud } from '@edgecore/minicloud';
import { parse } from 'yaml';

export interface KubeAnswer {
  readonly status: number;
  readonly body: string;
  /** The body as a Status object. */
  readonly problem: { readonly reason?: string; readonly message?: string; readonly kind?: string };
}

/** A client of the Kubernetes API with what the kubeconfig says, byte for byte under the test's control. */
export class KubeClient {
  readonly #sockets: TLSSocket[] = [];

  private constructor(
    readonly port: number,
    readonly ca: string,
    readonly token: string,
  ) {}

  static async of(cloud: Minicloud): Promise<KubeClient> {
    const config = parse(await readFile(cloud.kubeconfig, 'utf8')) as {
      clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
      users: [{ user: { token: string } }];
    };
    const { cluster } = config.clusters[0];
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
    return new KubeClient(Number(new URL(cluster.server).port), ca, config.users[0].user.token);
  }

  /** The answer once its head is there. */
  open(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request({
        host: '127.0.0.1',
        port: this.port,
        ca: this.ca,
        path,
        method,
        agent: false,
        headers: { Authorization: `Bearer ${this.token}`, ...headers },
      })
        .once('response', resolve)
        .once('error', reject)
        .end();
    });
  }

  async get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<KubeAnswer> {
    const response = await this.open(path, headers, method);
    const body = await readAll(response);
    const isJson = response.headers['content-type'] === 'application/json';
    return {
      status: response.statusCode!,
      body,
      problem: isJson && body.startsWith('{') ? (JSON.parse(body) as KubeAnswer['problem']) : {},
    };
  }

  /** Sends a request that wants another protocol, and whatever follows, over a bare connection. */
  async stream(path: string, lines: readonly string[], method = 'POST'): Promise<RawStream> {
    const socket = connect({ host: '127.0.0.1', port: this.port, ca: this.ca, servername: 'localhost' });
    this.#sockets.push(socket);
    const stream = new RawStream(socket);
    const head = [`${method} ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${this.token}`, ...lines];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    return stream;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
  }
}

export class RawStream {
  readonly #chunks: Buffer[] = [];
  isClosed = false;

  constructor(readonly socket: TLSSocket) {
    socket.on('data', (data: Buffer) => this.#chunks.push(data));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export const SPDY_LINES = [
  'Connection: Upgrade',
  'Upgrade: SPDY/3.1',
  'X-Stream-Protocol-Version: v4.channel.k8s.io',
];

/** @throws when the answer is broken off. */
export async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
