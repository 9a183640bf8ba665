import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorText, type Logger } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { badRequest } from '../objects/api-status.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import type { DiskBudget } from '../stream/backlog.js';
import { refuseUpgrade, sendError, sendJson } from './api-answer.js';
import { nothingAt, partsOf, streamPath, urlOf } from './api-path.js';
import { DISCOVERY } from './discovery.js';
import type { NodeLink } from './node-link.js';
import { serveFigures } from './node-routes.js';
import { listOf, oneOf } from './objects.js';
import { serveLog, servePodStream } from './pod-routes.js';

/** What the routes work with. */
export interface KubeApiContext {
  readonly objects: ObjectStore;
  readonly link: NodeLink;
  readonly budget: DiskBudget;
  readonly logger: Logger;
}

export interface KubeApiOptions extends KubeApiContext {
  /** 0 for any free one. */
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string };
}

/** Whatever else listens where: this one opens shells. */
const HOST = '127.0.0.1';
const HEALTH: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz']);

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * The part of the Kubernetes API that `kubectl` and client libraries need for
 * pods, nodes, logs, exec, attach, port-forward and figures. Loopback, TLS, and
 * a bearer token for each request.
 */
export class KubeApiServer {
  /** Made at each start. */
  readonly token = randomBytes(32).toString('base64url');
  readonly host = HOST;
  readonly #https: Server;
  readonly #streams = new Set<Duplex>();

  private constructor(private readonly context: KubeApiOptions) {
    this.#https = createServer({ ...context.tls, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] });
    this.#https.on('request', (request, response) => {
      try {
        this.#answer({ request, response });
      } catch (error) {
        this.#note(error);
        sendError(response, error);
      }
    });
    this.#https.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#streams.add(socket);
      socket.once('close', () => this.#streams.delete(socket));
      socket.on('error', () => {});
      try {
        this.#upgrade(request, socket as Socket, head);
      } catch (error) {
        this.#note(error);
        refuseUpgrade(socket, error);
      }
    });
    this.#https.on('tlsClientError', () => {});
  }

  /** @throws the listen error. */
  static async listen(options: KubeApiOptions): Promise<KubeApiServer> {
    const server = new KubeApiServer(options);
    server.#https.listen(options.port, HOST);
    await once(server.#https, 'listening');
    return server;
  }

  get port(): number {
    return (this.#https.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#https.close(() => resolve()));
    for (const socket of this.#streams) socket.destroy();
    this.#https.closeAllConnections();
    await closed;
  }

  #answer(exchange: Exchange): void {
    const { request, response } = exchange;
    this.#authenticate(request);
    const url = urlOf(request);
    const streamed = streamPath(url);
    if (streamed)
      throw badRequest(`Upgrade request required: ${streamed.verb} is a stream of SPDY/3.1 or WebSocket`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const advice = 'change objects with `edgecore cloud apply` and `edgecore cloud delete`, or a manifest';
      throw new ApiError('MethodNotAllowed', 405, `${request.method} is not possible here; ${advice}`);
    }
    if (HEALTH.has(url.pathname)) {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok');
      return;
    }
    const body = DISCOVERY[url.pathname] ?? this.#resource(url, exchange);
    if (body !== undefined) sendJson(response, 200, body);
  }

  /** What is at an address; nothing for what is answered piece by piece. */
  #resource(url: URL, exchange: Exchange): object | undefined {
    const { objects } = this.context;
    const query = url.searchParams;
    const parts = partsOf(url);
    const [first, one = '', second, name = '', sub] = parts;
    if (first === 'pods' && parts.length === 1) return listOf(objects, Kinds.pod, undefined, query);
    if (first === 'nodes' && parts.length === 1) return listOf(objects, Kinds.node, undefined, query);
    if (first === 'nodes' && parts.length === 2) return oneOf(objects, Kinds.node, '', one);
    if (first === 'nodes' && second === 'proxy') {
      serveFigures(this.context, one, parts.slice(3).join('/'), exchange);
      return undefined;
    }
    if (first !== 'namespaces' || second !== 'pods') throw nothingAt(url);
    if (parts.length === 3) return listOf(objects, Kinds.pod, one, query);
    if (parts.length === 4) return oneOf(objects, Kinds.pod, one, name);
    if (parts.length !== 5 || sub !== 'log') throw nothingAt(url);
    serveLog(this.context, { namespace: one, name }, query, exchange);
    return undefined;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#authenticate(request);
    const url = urlOf(request);
    const path = streamPath(url);
    if (!path) throw nothingAt(url);
    servePodStream(this.context, path.verb, path, url.searchParams, { request, socket, head });
  }

  /** @throws {ApiError} Unauthorized. */
  #authenticate({ headers }: IncomingMessage): void {
    const given = Buffer.from(/^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '');
    const wanted = Buffer.from(this.token);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
    throw new ApiError(
      'Unauthorized',
      401,
      'the bearer token is missing or not the one of this start: use the kubeconfig in the data directory of the cloud',
    );
  }

  #note(error: unknown): void {
    if (error instanceof ApiError) return;
    this.context.logger.error({ err: errorText(error) }, 'a request of the Kubernetes API failed');
  }
}
