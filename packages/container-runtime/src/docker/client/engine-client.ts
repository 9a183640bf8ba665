import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { RuntimeUnavailableError } from '../../errors.js';
import type { EngineAddress } from './engine-address.js';
import { EngineError } from './engine-error.js';
import { encodeQuery, messageOf, older, type Query, readAll } from './engine-wire.js';
import { unavailable } from './unavailable.js';

export interface EngineRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  /** Below the API version: `/containers/json`. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Until the whole answer (of a stream: its head) has come; default is the client's; 0 waits for ever. */
  readonly timeoutMs?: number;
}

export interface EngineClientOptions {
  readonly address: EngineAddress;
  readonly requestTimeoutMs: number;
  /** For `https` addresses. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** The newest API whose answers this package has been tested with. */
const API_VERSION = '1.44';

/**
 * Requests to the Docker Engine API over `node:http`: JSON, streams and
 * hijacked connections, each with a deadline, an abort signal and errors that
 * tell an engine that is away from one that says no.
 */
export class EngineClient {
  readonly address: EngineAddress;
  readonly #options: EngineClientOptions;
  readonly #agent: http.Agent;
  readonly #open = new Set<AbortController>();
  #version: Promise<string> | undefined;
  #generation = 0;

  constructor(options: EngineClientOptions) {
    this.#options = options;
    this.address = options.address;
    // A connection per request: an engine that restarts leaves no stale sockets behind.
    const secure = options.address.kind === 'tcp' && options.address.tls;
    this.#agent = secure ? new https.Agent({ ...options.tls }) : new http.Agent();
  }

  /** Changes whenever the engine was out of reach: what was learned from it may not hold any more. */
  get generation(): number {
    return this.#generation;
  }

  /** The parsed answer. @throws {EngineError} @throws {RuntimeUnavailableError} @throws the abort reason. */
  async json<T>(request: EngineRequest): Promise<T> {
    const text = await this.text(request);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new EngineError(200, `the engine answered ${request.path} with something that is not JSON`);
    }
  }

  /** The answer's text; for requests whose answer does not matter. */
  async text(request: EngineRequest): Promise<string> {
    return this.#exchange(request, await this.#versioned(request.path), readAll);
  }

  /** The answer's body as it comes. Ends with an error when the connection breaks or `signal` aborts. */
  async stream(request: EngineRequest): Promise<http.IncomingMessage> {
    return this.#exchange(request, await this.#versioned(request.path), async (response) => response);
  }

  /** A connection that has been taken over: bytes both ways (exec, attach). */
  async hijack(request: EngineRequest): Promise<Duplex> {
    const path = await this.#versioned(request.path);
    return this.#exchange(request, path, undefined);
  }

  /** Why a stream or a hijacked connection of this client ended before its time. */
  broken(error: unknown): RuntimeUnavailableError {
    // Whatever comes back may be another engine.
    this.#version = undefined;
    this.#generation++;
    return unavailable(this.address, error);
  }

  /** Ends what is under way; the engine is not told anything. */
  close(): void {
    for (const controller of this.#open) controller.abort(new Error('the container runtime was closed'));
    this.#agent.destroy();
  }

  async #versioned(path: string): Promise<string> {
    this.#version ??= this.#negotiate();
    try {
      return `/v${await this.#version}${path}`;
    } catch (error) {
      this.#version = undefined;
      throw error;
    }
  }

  /** Engines refuse versions outside their range, and the range moves with upgrades. */
  async #negotiate(): Promise<string> {
    const text = await this.#exchange({ path: '/version' }, '/version', readAll);
    const { ApiVersion, MinAPIVersion } = JSON.parse(text) as { ApiVersion?: string; MinAPIVersion?: string };
    if (ApiVersion && older(ApiVersion, API_VERSION)) return ApiVersion;
    if (MinAPIVersion && older(API_VERSION, MinAPIVersion)) return MinAPIVersion;
    return API_VERSION;
  }

  #exchange<T>(
    request: EngineRequest,
    path: string,
    take: (response: http.IncomingMessage) => Promise<T>,
  ): Promise<T>;
  #exchange(request: EngineRequest, path: string, take: undefined): Promise<Duplex>;
  #exchange<T>(
    request: EngineRequest,
    path: string,
    take: ((response: http.IncomingMessage) => Promise<T>) | undefined,
  ): Promise<T | Duplex> {
    const { signal, timeoutMs = this.#options.requestTimeoutMs } = request;
    signal?.throwIfAborted();
    const controller = new AbortController();
    this.#open.add(controller);
    const abort = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const timer = timeoutMs > 0 ? setTimeout(() => controller.abort(new Timeout()), timeoutMs) : undefined;

    const done = new Promise<T | Duplex>((resolve, reject) => {
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      const outgoing = this.#request(path, request, body, take === undefined);
      const release = () => {
        signal?.removeEventListener('abort', abort);
        this.#open.delete(controller);
      };
      const fail = (error: unknown) => {
        reject(this.#explain(error, controller.signal));
      };
      controller.signal.addEventListener('abort', () => outgoing.destroy(controller.signal.reason));
      let handedOver = false;
      outgoing.on('error', fail).on('close', () => handedOver || release());
      outgoing.on('upgrade', (_response, socket, head) => {
        handedOver = true;
        if (head.length > 0) socket.unshift(head);
        // Whoever reads it gets the error too; until then it must not end the process.
        socket.on('error', () => {});
        controller.signal.addEventListener('abort', () => socket.destroy(controller.signal.reason));
        socket.on('close', release);
        resolve(socket);
      });
      outgoing.on('response', (response) => {
        response.on('error', () => {});
        controller.signal.addEventListener('abort', () => response.destroy(controller.signal.reason));
        const status = response.statusCode ?? 0;
        if (status >= 400) {
          readAll(response).then((text) => reject(new EngineError(status, messageOf(text, status))), fail);
        } else if (take === undefined) {
          response.destroy();
          reject(new EngineError(status, `the engine did not hand over the connection (HTTP ${status})`));
        } else {
          take(response).then(resolve, fail);
        }
      });
      outgoing.end(body);
    });
    return done.finally(() => clearTimeout(timer));
  }

  #request(
    path: string,
    request: EngineRequest,
    body: string | undefined,
    upgrade: boolean,
  ): http.ClientRequest {
    const { address } = this;
    const secure = address.kind === 'tcp' && address.tls;
    return (secure ? https : http).request({
      ...(address.kind === 'socket'
        ? { socketPath: address.path }
        : { host: address.host, port: address.port }),
      method: request.method ?? 'GET',
      path: path + encodeQuery(request.query),
      agent: this.#agent,
      headers: {
        host: 'docker',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...(upgrade ? { connection: 'Upgrade', upgrade: 'tcp' } : {}),
        ...request.headers,
      },
    });
  }

  #explain(error: unknown, signal: AbortSignal): unknown {
    if (error instanceof EngineError) return error;
    if (signal.aborted && !(signal.reason instanceof Timeout)) return signal.reason;
    return this.broken(error);
  }
}

class Timeout extends Error {
  readonly code = 'ETIMEDOUT';
}
