import type { AgentStatus } from '@edgecore/edgecore';
import type { Command } from 'commander';
import { line } from '../io.js';
import { nodeRequest } from '../node/node-client.js';
import { CONFIG_OPTION, DATA_DIR_OPTION, findNodeSocket, type NodeOptions } from '../node/node-socket.js';
import type { CommandContext } from '../program.js';

interface StatusOptions extends NodeOptions {
  readonly json?: boolean;
}

export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('the node that runs on this machine: link, modules, pods, devices')
    .option(...CONFIG_OPTION)
    .option(...DATA_DIR_OPTION)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  edgecore status\n  edgecore status --config edgecore.yaml --json')
    .action((options: StatusOptions) => status(options, context));
}

async function status(options: StatusOptions, { io }: CommandContext): Promise<void> {
  const text = await nodeRequest(await findNodeSocket(options, io.env), '/status');
  if (options.json) {
    io.stdout.write(text);
    return;
  }
  const { formatStatus } = await import('../status-table.js');
  line(io.stdout, formatStatus(JSON.parse(text) as AgentStatus, Date.now()));
}
