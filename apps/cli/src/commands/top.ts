import type { Command } from 'commander';
import { CONFIG_OPTION, DATA_DIR_OPTION, type NodeOptions } from '../node/node-socket.js';
import type { CommandContext } from '../program.js';
import { addPodOptions, type PodOptions } from './pod-options.js';

export interface TopNodeOptions extends NodeOptions {
  readonly json?: boolean;
}

export interface TopPodOptions extends PodOptions, TopNodeOptions {
  readonly allNamespaces?: boolean;
  readonly containers?: boolean;
}

const EXAMPLES = `
Examples:
  edgecore top pod -A
  edgecore top pod hello --containers
  edgecore top node --json | jq .cpuNanoCores`;

export function addTopCommand(program: Command, context: CommandContext): void {
  const top = program
    .command('top')
    .description('CPU and memory in use on this node')
    .addHelpText('after', EXAMPLES);
  const pod = top
    .command('pod')
    .alias('pods')
    .description('of its pods')
    .argument('[pod]', 'only this one: POD, or NAMESPACE/POD')
    .option('-A, --all-namespaces', 'pods of all namespaces')
    .option('--containers', 'a line for each container')
    .option('--json', 'as JSON: billionths of a core, bytes');
  addPodOptions(pod).action(async (name: string | undefined, options: TopPodOptions) => {
    const { topPod } = await import('../pods/run-top.js');
    await topPod(name, options, context.io);
  });
  top
    .command('node')
    .alias('nodes')
    .description('of the machine')
    .option('--json', 'as JSON: billionths of a core, bytes')
    .option(...CONFIG_OPTION)
    .option(...DATA_DIR_OPTION)
    .action(async (options: TopNodeOptions) => {
      const { topNode } = await import('../pods/run-top.js');
      await topNode(options, context.io);
    });
}
