import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { EdgeCoreError, errorText, Group, hasCode, ModuleName } from '@edgecore/api';
import type { Module, ModuleContext } from '@edgecore/beehive';
import { type InjectedKind, injection, operationOf } from './messages.js';

/** What is looked at of a pod; the whole object is listed. */
export interface KnownPod {
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly uid?: string };
}

export interface DbTestOptions {
  /** Default `127.0.0.1`: whoever reaches it can run pods. */
  readonly address?: string;
  /** Default 12345; 0 for any free one. */
  readonly port?: number;
  /** The pods edged knows, oldest first: for `GET /pods`, and to find the one that is meant by its name. */
  readonly pods: () => readonly KnownPod[];
  /** Largest body. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** Told once it listens. */
  readonly onListening?: (port: number) => void;
}

const SEND_TIMEOUT_MS = 10_000;
const KINDS: readonly InjectedKind[] = ['pods', 'devices', 'configmap', 'secret'];

/**
 * Puts objects on the bus as if the cloud had sent them (dbtest.md): for
 * tests, demonstrations and repairs on a node that has no cloud.
 */
export class DbTest implements Module {
  readonly name = ModuleName.dbtest;
  readonly group = Group.meta;
  readonly #options: Required<Omit<DbTestOptions, 'onListening'>> & Pick<DbTestOptions, 'onListening'>;

  constructor(options: DbTestOptions) {
    this.#options = { address: '127.0.0.1', port: 12_345, maxBodyBytes: 4 * 1_048_576, ...options };
  }

  /** Serves until `ctx.signal` aborts. @throws when it cannot listen. */
  async run(ctx: ModuleContext): Promise<void> {
    const server = createServer((request, response) => void this.#answer(ctx, request, response));
    await this.#listen(server, ctx);
    try {
      // Members of the group get everything sent to it; nothing of it is for this one.
      for await (const _ of ctx.receive());
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #listen(server: Server, ctx: ModuleContext): Promise<void> {
    const { address, port, onListening } = this.#options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(
          new EdgeCoreError(
            'ERR_DB_TEST',
            `dbTest cannot listen on ${address}:${port}; end what uses it, or choose another port (edgecoreTs.dbTest.port)`,
            { cause },
          ),
        ),
      );
      server.listen(port, address, resolve);
    });
    const bound = (server.address() as { port: number }).port;
    ctx.log.warn({ address, port: bound }, 'dbTest is on: who reaches this address can run pods here');
    onListening?.(bound);
  }

  async #answer(ctx: ModuleContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = new URL(request.url ?? '/', 'http://node').pathname.replace(/^\/|\/$/g, '');
      const kind = KINDS.find((known) => known === path);
      if (!kind) return end(response, 404, '404 page not found');
      // A web page of this machine's browser must not be able to run pods.
      if (request.headers.origin !== undefined)
        return end(response, 403, 'requests of web pages are refused');
      if (kind === 'pods' && request.method === 'GET') return this.#list(response);
      const operation = operationOf(request.method ?? '');
      if (!operation) return end(response, 405, `${request.method} is not allowed`);
      const text = await readBody(request, this.#options.maxBodyBytes);
      if (text === undefined) {
        return end(response, 413, `the body exceeds ${this.#options.maxBodyBytes} bytes`);
      }
      const injected = injection(kind, operation, JSON.parse(text), this.#uidOfPod);
      if ('error' in injected) return end(response, 400, injected.error);
      await ctx.send(injected.to, injected.message, { timeoutMs: SEND_TIMEOUT_MS, signal: ctx.signal });
      end(response, 200, '');
    } catch (error) {
      if (error instanceof SyntaxError) end(response, 400, `the body is not JSON: ${error.message}`);
      else end(response, hasCode(error, 'ERR_NO_SUCH_MODULE') ? 503 : 500, errorText(error));
    }
  }

  /** Of several pods of one name the latest: the others are on their way out. */
  readonly #uidOfPod = (namespace: string, name: string): string | undefined =>
    this.#options
      .pods()
      .map(({ metadata }) => metadata)
      .findLast((pod) => pod?.name === name && (pod.namespace ?? 'default') === namespace)?.uid;

  #list(response: ServerResponse): void {
    const items = this.#options.pods();
    const list = {
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: {},
      items: items.length === 0 ? null : items,
    };
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(list));
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  // An unread rest of a refused body would be taken for the next request.
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    ...(status === 200 ? {} : { Connection: 'close' }),
  });
  response.end(text === '' ? '' : `${text}\n`);
}

/** The body as text; `undefined` when it is too long. */
async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed on an early end: the answer still has to go out.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > limit) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
