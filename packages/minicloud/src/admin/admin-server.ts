import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorText, hasCode, type Logger } from '@edgecore/api';
import { listenOnSocket, type SocketFile, type SocketFileError } from '@edgecore/viaduct';
import { ApiError, MinicloudStartError } from '../errors.js';
import type { EdgeHttpAnswer } from '../router/edge-calls.js';
import type { EdgeHttpRequest } from '../router/http-request.js';
import { answerDevices } from './device-routes.js';
import { edgeHttpRoute } from './edge-http-route.js';

/** What the admin socket offers; {@link Minicloud} implements it. */
export interface AdminTarget {
  readonly token: string;
  status(): unknown;
  nodes(): unknown[];
  pods(): unknown[];
  services(): unknown[];
  endpoints(): unknown[];
  devices(): unknown[];
  device(id: string): { readonly version: number } | undefined;
  setDesired(id: string, property: string, value: string): Promise<unknown>;
  on(name: 'deviceChanged' | 'deviceDeleted', listener: () => void): () => void;
  /** YAML or JSON text with any number of objects. */
  applyText(text: string): Promise<unknown[]>;
  delete(kind: string, namespace: string, name: string, options?: { graceSeconds?: number }): Promise<void>;
  http(request: EdgeHttpRequest): Promise<EdgeHttpAnswer>;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * JSON over a Unix socket that only its owner can open: what the CLI talks to.
 *
 * | request | answer |
 * |---|---|
 * | `GET /status` | ports, profile, nodes with `ready` and `connected`, number of pods and devices |
 * | `GET /nodes`, `/pods`, `/services`, `/endpoints` | a list of objects |
 * | `GET /devices` | a list of {@link CloudDevice} |
 * | `GET /devices/<namespace>/<name>[?after=<version>&wait=<seconds>]` | one; with `after` not before it has a later version, or at the end of the wait as it is (default 30 s, at most 300) |
 * | `PUT /devices/<namespace>/<name>/desired/<property>` | the device with the wish in the body, `{"value"}` |
 * | `GET /token` | `{"token"}`, to join a node with |
 * | `POST /apply` | the stored objects of the manifest in the body |
 * | `POST /http` | what a service of a node answers to `{node, port, path, method, headers, body}` |
 * | `DELETE /<kind>/<namespace>/<name>[?grace=<seconds>]` | `{}`; namespace `-` for nodes |
 */
export class AdminServer {
  readonly #http: Server;
  #file: SocketFile | undefined;

  private constructor(
    readonly path: string,
    private readonly target: AdminTarget,
    private readonly logger: Logger,
  ) {
    this.#http = createServer((request, response) => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      this.#answer(request, gone.signal).then(
        (body) => send(response, 200, body),
        (error: unknown) => this.#fail(response, error),
      );
    });
  }

  /** @throws {MinicloudStartError} when the path is too long, taken or cannot be used. */
  static async listen(path: string, target: AdminTarget, logger: Logger): Promise<AdminServer> {
    const admin = new AdminServer(path, target, logger);
    try {
      admin.#file = await listenOnSocket(admin.#http, path, { mode: 0o600 });
    } catch (cause) {
      const isLong = (cause as SocketFileError).reason === 'too-long';
      const advice = isLong ? ': use a shorter data directory' : '';
      throw new MinicloudStartError(`cannot listen on ${path}: ${errorText(cause)}${advice}`, { cause });
    }
    return admin;
  }

  async close(): Promise<void> {
    await this.#file?.remove();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, gone: AbortSignal): Promise<unknown> {
    const url = new URL(request.url ?? '/', 'http://admin');
    const call = `${request.method} ${url.pathname}`;
    if (call === 'GET /status') return this.target.status();
    if (call === 'GET /nodes') return this.target.nodes();
    if (call === 'GET /pods') return this.target.pods();
    if (call === 'GET /services') return this.target.services();
    if (call === 'GET /endpoints') return this.target.endpoints();
    if (call === 'GET /token') return { token: this.target.token };
    if (call === 'POST /apply') return this.target.applyText(await readBody(request));
    if (call === 'POST /http') {
      return edgeHttpRoute((wanted) => this.target.http(wanted), await readBody(request));
    }
    const parts = url.pathname.split('/').slice(1).map(decodePart);
    if (parts[0] === 'devices' && request.method !== 'DELETE') {
      return answerDevices(this.target, {
        method: request.method ?? '',
        parts: parts.slice(1),
        query: url.searchParams,
        body: () => readBody(request),
        gone,
      });
    }
    if (request.method === 'DELETE' && parts.length === 3) {
      const [kind = '', namespace = '', name = ''] = parts;
      const grace = url.searchParams.get('grace');
      await this.target.delete(kind, namespace, name, grace === null ? {} : { graceSeconds: Number(grace) });
      return {};
    }
    throw new ApiError('NotFound', 404, `there is no ${call} here`);
  }

  #fail(response: ServerResponse, error: unknown): void {
    const status = hasCode(error, 'ERR_API')
      ? (error as ApiError).status
      : hasCode(error, 'ERR_MANIFEST')
        ? 422
        : 500;
    if (status === 500) this.logger.error({ err: errorText(error) }, 'an admin request failed');
    send(response, status, { error: errorText(error).split('\n')[0] });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError('BadRequest', 400, `"${part}" is not percent-encoded text`);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_LIMIT_BYTES)
      throw new ApiError('BadRequest', 413, `the body exceeds ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
