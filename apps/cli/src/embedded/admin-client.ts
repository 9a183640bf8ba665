import { request } from 'node:http';
import { CliError } from '../errors.js';

export interface AdminCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  /** Default 10 000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** Asks the embedded cloud. @throws {CliError} with its own text, or saying that none runs. */
export function adminRequest<T>(
  socket: string,
  { method = 'GET', path, body, timeoutMs = TIMEOUT_MS }: AdminCall,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: socket, method, path, timeout: timeoutMs, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          try {
            const answer = JSON.parse(text) as T & { error?: string };
            if ((response.statusCode ?? 500) < 400) resolve(answer);
            else reject(new CliError(`the cloud refused: ${answer.error ?? response.statusCode}`));
          } catch (error) {
            reject(new CliError(`${socket} did not answer with JSON`, { cause: error }));
          }
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        new CliError(
          error.code === 'EACCES'
            ? `no permission for ${socket}: ask as the user the cloud runs as`
            : `no embedded cloud answers at ${socket} (${error.code ?? error.message}); start one with: edgecore start`,
        ),
      );
    });
    sent.end(body);
  });
}
