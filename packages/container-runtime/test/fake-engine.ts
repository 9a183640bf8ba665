import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { tempDir } from '@edgecore/testing';

export interface EngineCall {
  /** API version in the path. */
  readonly version: string;
  /** Without the version. */
  readonly path: string;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FakeEngine {
  readonly socketPath: string;
  /** All calls but those for the version. */
  readonly calls: readonly EngineCall[];
  close(): Promise<void>;
}

/** An engine that answers what a test says: for answers a real one gives too rarely to be tested with. */
export async function fakeEngine(
  answer: (call: EngineCall, response: ServerResponse) => void,
  version: object = { Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12' },
): Promise<FakeEngine> {
  const calls: EngineCall[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://engine');
    const [, apiVersion = '', path = ''] = /^(?:\/v([\d.]+))?(.*)$/.exec(url.pathname) ?? [];
    if (path === '/version') {
      response.end(JSON.stringify(version));
      return;
    }
    const { method = '', headers } = request;
    const call = {
      version: apiVersion,
      path,
      method,
      query: url.searchParams,
      headers,
      body: await text(request),
    };
    calls.push(call);
    answer(call, response);
  });
  const socketPath = join(await tempDir(), 'engine.sock');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
