import { createHash, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { createMessage, type Message, responseTo } from '@edgecore/beehive';
import type { Minicloud } from '@edgecore/minicloud';
import { eventually } from '@edgecore/testing';
import { type Connection, createWebSocketTransport } from '@edgecore/viaduct';
import { EC_P256, useNodeCrypto } from '../src/pki/crypto.js';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: Record<string, unknown>;
}

/** One HTTPS exchange as an edge makes it: also a GET may have a body. */
export function exchange(
  port: number,
  path: string,
  options: RequestOptions & { readonly body?: Uint8Array } = {},
): Promise<HttpAnswer> {
  const { body = new Uint8Array(0), headers, ...rest } = options;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'GET',
        rejectUnauthorized: false,
        agent: false,
        headers: { ...headers, 'Content-Length': body.length },
        ...rest,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks),
            headers: response.headers,
          }),
        );
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

export interface EdgeIdentity {
  readonly cert: string;
  readonly key: string;
}

/** A key and a certificate request for a node, DER. */
export async function signingRequest(node: string, subject = `O=system:nodes, CN=system:node:${node}`) {
  const x509 = useNodeCrypto();
  const keys = await webcrypto.subtle.generateKey(EC_P256, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: EC_P256,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { der: Buffer.from(csr.rawData), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

export function certificatePem(der: Uint8Array): string {
  return useNodeCrypto().PemConverter.encode(Uint8Array.from(der), 'CERTIFICATE');
}

/** The whole bootstrap over TLS: CA against the token's hash, then the certificate (edgehub.md §3). */
export async function join(cloud: Minicloud, node: string): Promise<EdgeIdentity> {
  const [hash, ...jwt] = cloud.token.split('.');
  const ca = await exchange(cloud.httpsPort, '/ca.crt');
  if (createHash('sha256').update(ca.body).digest('hex') !== hash)
    throw new Error('the CA is not the token’s');
  const { der, key } = await signingRequest(node);
  const issued = await exchange(cloud.httpsPort, '/edge.crt', {
    body: der,
    ca: certificatePem(ca.body),
    rejectUnauthorized: true,
    headers: { Authorization: `Bearer ${jwt.join('.')}`, NodeName: node },
  });
  if (issued.status !== 200) throw new Error(issued.body.toString('utf8'));
  return { cert: certificatePem(issued.body), key };
}

export interface FakeEdgeOptions {
  /** Confirms each ack-class message as it comes. Default true. */
  readonly acks?: boolean;
}

/** An edge by hand: remembers what came down, confirms it, asks and reports. */
export class FakeEdge {
  readonly received: Message[] = [];
  acks: boolean;
  readonly #reading: Promise<void>;

  private constructor(
    readonly node: string,
    readonly connection: Connection,
    options: FakeEdgeOptions,
  ) {
    this.acks = options.acks ?? true;
    this.#reading = this.#read();
  }

  static async connect(
    cloud: Minicloud,
    node: string,
    options: FakeEdgeOptions & { readonly identity?: EdgeIdentity } = {},
  ): Promise<FakeEdge> {
    const identity = options.identity ?? (await join(cloud, node));
    const connection = await createWebSocketTransport().dial({
      url: `wss://127.0.0.1:${cloud.hubPort}/e632aba927ea4ac2b575ec1603d56f10/${node}/events`,
      nodeName: node,
      projectId: 'e632aba927ea4ac2b575ec1603d56f10',
      tls: { ...identity, ca: await readFile(cloud.caPath, 'utf8') },
    });
    const edge = new FakeEdge(node, connection, options);
    await edge.keepalive();
    return edge;
  }

  keepalive(): Promise<void> {
    return this.#send({
      source: 'websocket',
      group: 'resource',
      operation: 'keepalive',
      resource: 'node',
      content: 'ping',
    });
  }

  /** Sends and waits for the answer. */
  async ask(
    operation: string,
    resource: string,
    content: unknown = null,
    source = 'edged',
  ): Promise<Message> {
    const message = await this.tell(operation, resource, content, source);
    return this.waitFor(({ parentId }) => parentId === message.id, `an answer to ${operation} ${resource}`);
  }

  /** Sends without waiting. */
  async tell(
    operation: string,
    resource: string,
    content: unknown = null,
    source = 'edged',
  ): Promise<Message> {
    const message = createMessage<unknown>({ source, group: 'meta', operation, resource, content });
    await this.connection.send(message);
    return message;
  }

  /** The first message that fits, already here or still to come. */
  waitFor(fits: (message: Message) => boolean, what = 'a message'): Promise<Message> {
    return eventually(() => this.received.find(fits), { what, intervalMs: 5 });
  }

  find(operation: string, resource: string): Message[] {
    return this.received.filter(
      (message) => message.operation === operation && message.resource === resource,
    );
  }

  ack(message: Message): Promise<void> {
    return this.connection.send(responseTo(message, 'OK'));
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const message of this.connection.messages()) {
      this.received.push(message);
      // A Go edge confirms whatever carries an object, also when it need not.
      if (this.acks && message.group === 'resource' && message.content !== 'OK') {
        await this.ack(message).catch(() => {});
      }
    }
  }

  #send(fields: Partial<Message>): Promise<void> {
    return this.connection.send(createMessage<unknown>(fields));
  }
}

export const NODE_LABELS = { 'kubernetes.io/hostname': 'edge-1', 'node-role.kubernetes.io/edge': '' };

/** A node object as edges register it. */
export function nodeObject(name: string) {
  return {
    metadata: { name, labels: { ...NODE_LABELS, 'kubernetes.io/hostname': name } },
    spec: {},
    status: {},
  };
}

export const READY = {
  conditions: [
    { type: 'Ready', status: 'True', reason: 'EdgeReady', lastHeartbeatTime: new Date().toISOString() },
  ],
};

/** A pod manifest. */
export function podObject(name: string, spec: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'busybox:1' }], ...spec },
  };
}

/** A device manifest with one property `power` and whatever `spec` says. */
export function deviceObject(name: string, spec: object = {}) {
  return {
    apiVersion: 'devices.kubeedge.io/v1beta1',
    kind: 'Device',
    metadata: { name },
    spec: { properties: [{ name: 'power', desired: { value: 'ON' } }], ...spec },
  };
}

export function deviceModelObject(name: string, properties: object[] = [{ name: 'power', type: 'STRING' }]) {
  return {
    apiVersion: 'devices.kubeedge.io/v1beta1',
    kind: 'DeviceModel',
    metadata: { name },
    spec: { properties },
  };
}

/** What an edge reports of one property. */
export function measured(name: string, value: string, timestamp = 1_592_600_000_000) {
  const actual = { value, metadata: { timestamp } };
  return {
    event_id: 'e',
    timestamp,
    twin: {
      [name]: {
        actual,
        optional: false,
        metadata: { type: 'string' },
        actual_version: { cloud: 0, edge: 1 },
      },
    },
  };
}
