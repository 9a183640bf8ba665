import type { Readable } from 'node:stream';
import type { CloudStarter } from './embedded/cloud.js';
import type { DeviceStarter } from './embedded/example-device.js';

/** A place the command writes text to. */
export interface TextSink {
  write(text: string): unknown;
  /** A person looks at it. */
  readonly isTTY?: boolean | undefined;
  /** False once nobody reads it any more. */
  readonly writable?: boolean | undefined;
}

/** What a command sees of the process it runs in; tests hand in their own. */
export interface CliIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends a long-running command as the first signal would. */
  readonly signal?: AbortSignal;
  /** Hides the arguments from the process list; they hold a secret. */
  hideArguments?(): void;
  /** How the embedded cloud is started. Default: as a child process. */
  readonly startCloud?: CloudStarter;
  /** How the example's device is started. Default: as a child process. */
  readonly startDevice?: DeviceStarter;
}

/** The real process. */
export function processIo(): CliIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    hideArguments() {
      // Overwrites the argument area that `ps` reads.
      process.title = 'edgecore-join';
    },
  };
}

export function line(sink: TextSink, text = ''): void {
  sink.write(`${text}\n`);
}

/** Everything on a stream as text, up to `limitBytes`. */
export async function readAll(stream: Readable, limitBytes = 1_048_576): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Buffer | string);
    size += bytes.length;
    if (size > limitBytes) throw new RangeError(`the input is longer than ${limitBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
