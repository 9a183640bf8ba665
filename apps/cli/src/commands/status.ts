import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStatus } from '@edgecore/edgecore';
import type { Command } from 'commander';
import { engineRequest } from '../docker/engine-request.js';
import { embeddedPaths } from '../embedded/paths.js';
import { CliError } from '../errors.js';
import { line } from '../io.js';
import type { CommandContext } from '../program.js';

interface StatusOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** Where a node with upstream's default database has its socket. */
const USUAL_SOCKET = '/var/lib/kubeedge/edgecore.sock';

export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('the node that runs on this machine: link, modules, pods')
    .option('--config <file>', 'the node started with this file')
    .option('--data-dir <dir>', 'the embedded node with this data directory (default: ~/.edgecore)')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  edgecore status\n  edgecore status --config edgecore.yaml --json')
    .action((options: StatusOptions) => status(options, context));
}

async function status(options: StatusOptions, { io }: CommandContext): Promise<void> {
  const socket = await findSocket(options, io.env);
  const text = await engineRequest(socket, { path: '/status' }).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      error.code === 'EACCES'
        ? `no permission for ${socket}: ask as the user the node runs as`
        : `no node answers at ${socket} (${error.code ?? error.message}); start one with: edgecore start`,
    );
  });
  if (options.json) {
    io.stdout.write(text);
    return;
  }
  const { formatStatus } = await import('../status-table.js');
  line(io.stdout, formatStatus(JSON.parse(text) as AgentStatus, Date.now()));
}

async function findSocket(
  options: StatusOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (options.config !== undefined) {
    const { loadConfig, socketPath } = await import('@edgecore/edgecore');
    return socketPath((await loadConfig(options.config, { env })).config);
  }
  const embedded = join(embeddedPaths(options.dataDir).node, 'edgecore.sock');
  if (options.dataDir !== undefined) return embedded;
  const usual = await access(USUAL_SOCKET).then(
    () => true,
    () => false,
  );
  const own = await access(embedded).then(
    () => true,
    () => false,
  );
  return usual && !own ? USUAL_SOCKET : embedded;
}
