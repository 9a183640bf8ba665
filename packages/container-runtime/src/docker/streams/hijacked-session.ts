import type { Duplex } from 'node:stream';
import type { StreamOptions } from '../../runtime.js';
import type { EngineClient } from '../client/engine-client.js';
import { demultiplex, plainOutput } from './demultiplex.js';
import { writeOutput } from './write-output.js';

/**
 * Joins a hijacked connection with the caller's streams. Resolves when the
 * engine has ended the output and all of it is written; closes the connection
 * in any case.
 */
export async function pumpSession(
  client: EngineClient,
  connection: Duplex,
  { stdin, stdout, stderr, tty }: Omit<StreamOptions, 'command' | 'signal'>,
): Promise<void> {
  // Input after the process has gone is lost, as with any pipe; the reading side reports real trouble.
  connection.on('error', () => {});
  if (stdin) {
    stdin.on('error', () => connection.destroy());
    stdin.pipe(connection);
  } else {
    connection.end();
  }
  try {
    const output = tty ? plainOutput(connection) : demultiplex(connection);
    await writeOutput(output, { ...(stdout ? { stdout } : {}), ...(stderr ? { stderr } : {}) });
  } catch (error) {
    throw isConnectionError(error) ? client.broken(error) : error;
  } finally {
    stdin?.unpipe(connection);
    connection.destroy();
  }
}

/** Failures of sockets have a system call; those of the caller's streams are passed on. */
function isConnectionError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
