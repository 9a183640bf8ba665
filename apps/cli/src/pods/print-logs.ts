import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { CliError } from '../errors.js';
import { flushed, writeTo } from './byte-sink.js';

/** A log as it comes, and what its lines begin with. */
export interface LogSource {
  readonly response: IncomingMessage;
  readonly prefix: string;
}

/**
 * Copies a log until it ends, nobody reads, or `signal` aborts; byte for byte
 * unless lines get a prefix or several logs are mixed.
 * @throws {CliError} when the node breaks it off.
 */
export async function printLog(
  { response, prefix }: LogSource,
  output: Writable,
  { signal, wholeLines }: { readonly signal: AbortSignal; readonly wholeLines: boolean },
): Promise<void> {
  const stop = () => response.destroy();
  signal.addEventListener('abort', stop, { once: true });
  output.once('close', stop);
  const lines = new LineJoiner(prefix);
  const shape = wholeLines || prefix !== '' ? (bytes: Buffer) => lines.take(bytes) : (bytes: Buffer) => bytes;
  try {
    if (signal.aborted) return;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const bytes = shape(chunk);
      if (bytes.length > 0 && !(await writeTo(output, bytes))) return;
      if (signal.aborted) return;
    }
    const rest = lines.rest();
    if (rest.length > 0) await writeTo(output, rest);
    await flushed(output);
  } catch (error) {
    if (signal.aborted || !output.writable) return;
    throw new CliError('the log broke off: the node has ended, or the log is gone', { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    output.off('close', stop);
    response.destroy();
  }
}

const NEWLINE = 0x0a;
/** A line longer than this is passed on in parts. */
const MAX_LINE_BYTES = 1024 * 1024;

/** Cuts bytes into whole lines and puts a prefix before each. */
class LineJoiner {
  readonly #prefix: Buffer;
  #rest: Buffer = Buffer.alloc(0);

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix);
  }

  take(bytes: Buffer): Buffer {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const pieces: Buffer[] = [];
    let from = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, from)) {
      pieces.push(this.#prefix, all.subarray(from, end + 1));
      from = end + 1;
    }
    this.#rest = all.subarray(from);
    if (this.#rest.length > MAX_LINE_BYTES) pieces.push(this.rest());
    return Buffer.concat(pieces);
  }

  /** What came after the last line. */
  rest(): Buffer {
    const rest = this.#rest.length === 0 ? this.#rest : Buffer.concat([this.#prefix, this.#rest]);
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}
