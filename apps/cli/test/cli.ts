import { Readable } from 'node:stream';
import { type CliIo, run } from '../src/index.js';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly stdin?: string;
  readonly env?: CliIo['env'];
  readonly signal?: AbortSignal;
  readonly startCloud?: CliIo['startCloud'];
  /** Sees output as it comes. */
  readonly onStdout?: (text: string) => void;
}

/** Runs a command line in this process and collects what it prints. */
export async function edgecore(argv: readonly string[], settings: RunSettings = {}): Promise<Ran> {
  const { stdin = '', env = {}, signal, startCloud, onStdout } = settings;
  let stdout = '';
  let stderr = '';
  const code = await run(argv, {
    stdout: {
      write(text) {
        stdout += text;
        onStdout?.(text);
      },
    },
    stderr: { write: (text) => (stderr += text) },
    stdin: Readable.from([stdin]),
    env,
    ...(signal ? { signal } : {}),
    ...(startCloud ? { startCloud } : {}),
  });
  return { code, stdout, stderr };
}
