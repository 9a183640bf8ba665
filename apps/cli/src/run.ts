import { existsSync } from 'node:fs';
import { errorText, hasCode } from '@edgecore/api';
import { CommanderError } from 'commander';
import { ExitCode } from './errors.js';
import { type CliIo, line, processIo } from './io.js';
import { createProgram } from './program.js';
import { rewriteUpstreamFlags } from './upstream-flags.js';

/** Where the Go program looks when it is started without flags. */
const UPSTREAM_CONFIG = '/etc/kubeedge/config/edgecore.yaml';

/**
 * Runs one command line (without `node` and the script) and resolves with its
 * exit code. Never rejects and never ends the process itself.
 */
export async function run(argv: readonly string[], io: CliIo = processIo()): Promise<number> {
  const rewritten = rewriteUpstreamFlags(argv, {
    defaultConfig: existsSync(UPSTREAM_CONFIG) ? UPSTREAM_CONFIG : undefined,
  });
  for (const note of rewritten.notes) line(io.stderr, `edgecore: ${note}`);
  let code: number = ExitCode.ok;
  const program = createProgram(io, (exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync([...rewritten.argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.failure;
    line(io.stderr, `edgecore: ${errorText(error)}`);
    // Errors of our own say all there is; anything else is a fault worth its stack.
    if (!isOurs(error) && io.env['EDGECORE_DEBUG']) line(io.stderr, String((error as Error)?.stack));
    return ExitCode.failure;
  }
}

function isOurs(error: unknown): boolean {
  return typeof (error as { code?: unknown })?.code === 'string' && !hasCode(error, 'ERR_INTERNAL');
}
