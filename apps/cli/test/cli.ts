import { Readable } from 'node:stream';
import { type CliIo, run } from '../src/index.js';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process and collects what it prints. */
export async function edgecore(
  argv: readonly string[],
  { stdin = '', env = {}, signal }: { stdin?: string; env?: CliIo['env']; signal?: AbortSignal } = {},
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await run(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    stdin: Readable.from([stdin]),
    env,
    ...(signal ? { signal } : {}),
  });
  return { code, stdout, stderr };
}
