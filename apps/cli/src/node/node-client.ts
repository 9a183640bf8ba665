import { type IncomingMessage, request } from 'node:http';
import { readBody } from '../bounded-body.js';
import { CliError } from '../errors.js';

const TIMEOUT_MS = 10_000;
const BODY_LIMIT_BYTES = 64 * 1_048_576;

/** Asks the node's own interface. @throws {CliError} with its own text, or saying that no node answers. */
export async function nodeRequest(socket: string, path: string): Promise<string> {
  const response = await nodeResponse(socket, path);
  return readText(response);
}

/**
 * Follows an answer of JSON lines until `signal` aborts.
 * @throws {CliError} as {@link nodeRequest}, and when the node ends.
 */
export async function* nodeLines(
  socket: string,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const response = await nodeResponse(socket, path);
  const stop = () => response.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  let rest = '';
  try {
    if (signal?.aborted) return;
    for await (const text of response.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      yield* lines;
      if (signal?.aborted) return;
    }
  } catch {
    // A connection cut in the middle: the same as its end.
  } finally {
    signal?.removeEventListener('abort', stop);
    response.destroy();
  }
  if (!signal?.aborted) throw new CliError('the node has ended');
}

/** The answer, once its head is here; its body is the caller's. @throws {CliError} as {@link nodeRequest}. */
export function nodeResponse(socket: string, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, path, agent: false }, (response) => {
      sent.setTimeout(0);
      if ((response.statusCode ?? 500) < 400) return resolve(response);
      readText(response).then((text) => {
        reject(new CliError(text.trim().slice(0, 300) || `the node answered ${response.statusCode}`));
      }, reject);
    });
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    sent.on('error', (error) => reject(noAnswer(socket, error)));
    sent.end();
  });
}

/** What to do about a socket that does not answer. */
export function noAnswer(socket: string, error: NodeJS.ErrnoException): CliError {
  return new CliError(
    error.code === 'EACCES'
      ? `no permission for ${socket}: ask as the user the node runs as`
      : `no node answers at ${socket} (${error.code ?? error.message}); start one with: edgecore start`,
  );
}

/** A body as text. @throws {CliError} when it is longer than 64 MiB. */
export async function readText(response: IncomingMessage): Promise<string> {
  const body = await readBody(response, { limitBytes: BODY_LIMIT_BYTES, whose: "the node's" });
  return body.toString('utf8');
}
