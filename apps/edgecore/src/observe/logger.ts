import type { Logger } from '@edgecore/api';
import pino, { type Level } from 'pino';

export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: Level;
  /** Lines for people instead of JSON. Default: when standard error is a terminal. */
  readonly pretty?: boolean;
}

/** The agent's logger: one line per event on standard error, JSON unless a person is watching. */
export async function createLogger({
  level = 'info',
  pretty = process.stderr.isTTY,
}: LoggerOptions = {}): Promise<Logger> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  // Annotated: pino's own type lets any property be there, `then` included, and cannot leave an async function.
  if (!pretty) {
    const json: Logger = pino(options, pino.destination({ dest: 2, sync: true }));
    return json;
  }
  // Loaded only where somebody reads it: the agent idles without it.
  const { default: prettyStream } = await import('pino-pretty');
  const stream = prettyStream({
    destination: 2,
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
  });
  const readable: Logger = pino(options, stream);
  return readable;
}
