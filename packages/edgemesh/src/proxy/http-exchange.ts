import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { errorText } from '@edgecore/api';
import type { Backend } from '../model/backends.js';
import { MAX_TRIES } from './dial.js';
import {
  cookieOf,
  hasBody,
  isRepeatable,
  passedHeaders,
  requestHeaders,
  STICKY_COOKIE,
} from './http-headers.js';
import type { PortProxyOptions } from './port-proxy.js';

class ConnectTimeout extends Error {}
class AnswerTimeout extends Error {}

export interface HttpExchangeOptions extends PortProxyOptions {
  readonly agent: Agent;
  /** Set the session cookie in answers to clients without one. */
  readonly setCookie: boolean;
}

/** One request of a client: to an endpoint and its answer back, both as streams. */
export class HttpExchange {
  readonly #tried = new Set<string>();
  #upstream: ClientRequest | undefined;
  #lastError: unknown;

  constructor(
    private readonly options: HttpExchangeOptions,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly client: string,
  ) {
    response.sendDate = false;
    response.on('close', () => this.#upstream?.destroy());
    response.on('error', () => {});
    request.on('error', () => {});
  }

  start(): void {
    this.#next();
  }

  #next(): void {
    const { balancer, service, servicePort } = this.options;
    if (this.response.destroyed) return;
    const pick = { client: this.client, tried: this.#tried, preferred: cookieOf(this.request) };
    const backend = this.#tried.size < MAX_TRIES ? balancer.pick(pick) : undefined;
    if (backend) {
      this.#tried.add(backend.id);
      this.#attempt(backend);
      return;
    }
    const reason =
      this.#tried.size === 0 ? 'has no endpoint' : `is not answered: ${errorText(this.#lastError)}`;
    this.#refuse(503, `service ${service} port ${servicePort} ${reason}`);
  }

  #attempt(backend: Backend): void {
    const { agent, balancer, health, connectTimeoutMs, limits } = this.options;
    const { method, url } = this.request;
    const upstream = request({
      host: backend.address,
      port: backend.port,
      ...(method !== undefined && { method }),
      ...(url !== undefined && { path: url }),
      headers: requestHeaders(this.request, this.client, this.options.service),
      setHost: false,
      agent,
    });
    this.#upstream = upstream;
    const release = balancer.connected(backend, this.client);
    let connected = false;
    let answered = false;
    upstream.on('socket', (socket) => {
      const send = () => {
        connected = true;
        // Not before: an endpoint that refuses must leave the body for the next one.
        if (hasBody(this.request)) this.request.pipe(upstream);
      };
      if (!socket.connecting) {
        send();
        return;
      }
      const timer = setTimeout(
        () =>
          upstream.destroy(new ConnectTimeout(`no answer of ${backend.id} within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      );
      socket.once('connect', () => {
        clearTimeout(timer);
        send();
      });
      socket.once('close', () => clearTimeout(timer));
    });
    if (limits.httpTimeoutMs > 0) {
      upstream.setTimeout(limits.httpTimeoutMs, () => {
        upstream.destroy(new AnswerTimeout(`${backend.id} took more than ${limits.httpTimeoutMs} ms`));
      });
    }
    upstream.on('response', (answer) => {
      answered = true;
      health.succeeded(backend.id);
      this.#relay(answer, backend);
    });
    upstream.on('close', release);
    upstream.on('error', (error) => {
      if (answered) this.response.destroy();
      else this.#failed(backend, error, connected, upstream.reusedSocket);
    });
    if (!hasBody(this.request)) upstream.end();
  }

  #failed(backend: Backend, error: unknown, connected: boolean, reused: boolean): void {
    if (this.response.destroyed) return;
    this.#lastError = error;
    this.options.log.debug(
      { service: this.options.service, endpoint: backend.id, error: errorText(error) },
      'endpoint failed',
    );
    if (error instanceof AnswerTimeout) {
      this.#refuse(504, `service ${this.options.service}: ${errorText(error)}`);
      return;
    }
    // A kept connection may end at any time; that says nothing about the endpoint.
    if (connected && reused) this.#tried.delete(backend.id);
    else this.options.health.failed(backend.id);
    if (!connected || isRepeatable(this.request)) this.#next();
    else this.#refuse(502, `service ${this.options.service}: the endpoint ended the connection`);
  }

  #relay(answer: IncomingMessage, { id }: Backend): void {
    const headers = passedHeaders(answer);
    const { setCookie } = this.options;
    if (setCookie && cookieOf(this.request) !== id) {
      headers.push('Set-Cookie', `${STICKY_COOKIE}=${id}; Path=/; HttpOnly`);
    }
    const { metrics } = this.options;
    metrics.count('edgecore_mesh_connections_total', { protocol: 'http', result: 'served' });
    answer.on('error', () => this.response.destroy());
    answer.on('aborted', () => this.response.destroy());
    try {
      this.response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers);
    } catch (error) {
      this.#upstream?.destroy();
      this.#refuse(
        502,
        `service ${this.options.service}: the endpoint's answer makes no sense: ${errorText(error)}`,
      );
      return;
    }
    // Headers of an event stream go before its first event; others go with their body, in one packet.
    if (answer.headers['content-length'] === undefined) this.response.flushHeaders();
    answer.pipe(this.response);
  }

  #refuse(status: number, reason: string): void {
    const { metrics, log } = this.options;
    metrics.count('edgecore_mesh_connections_total', { protocol: 'http', result: 'refused' });
    log.debug({ client: this.client, status, reason }, 'request refused');
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const body = `${reason}\n`;
    this.response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      // What is left of the request's body is not read.
      ...(hasBody(this.request) && { connection: 'close' }),
    });
    this.response.end(body);
  }
}
