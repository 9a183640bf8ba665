import type { Command } from 'commander';
import type { LogOptions } from '../pods/log-options.js';
import type { CommandContext } from '../program.js';
import { addContainerOption, addPodOptions, type ContainerOptions } from './pod-options.js';

export interface LogsOptions extends ContainerOptions, LogOptions {
  readonly allContainers?: boolean;
  readonly prefix?: boolean;
}

const EXAMPLES = `
Examples:
  edgecore logs hello
  edgecore logs -f --tail 20 kube-system/agent -c main
  edgecore logs --since 5m --timestamps hello
  edgecore logs -p hello                            of the container before the last restart`;

export function addLogsCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('logs')
    .description('what a container of a pod of this node prints')
    .argument('<pod>', 'POD, or NAMESPACE/POD');
  addPodOptions(
    addContainerOption(command)
      .option('-f, --follow', 'go on until the container ends')
      .option('--tail <lines>', 'only so many of the newest lines; -1: all (default: -1)')
      .option('--since <duration>', 'only what is newer, such as 90s, 5m or 1h30m')
      .option('--since-time <time>', 'only what came after a time, RFC 3339')
      .option('-p, --previous', 'of the instance before the last restart')
      .option('--timestamps', 'put the time before each line')
      .option('--limit-bytes <n>', 'end after so many bytes')
      .option('--all-containers', 'of every container of the pod')
      .option('--prefix', 'put pod and container before each line'),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (pod: string, options: LogsOptions) => {
      const { logs } = await import('../pods/run-logs.js');
      await logs(pod, options, context.io);
    });
}
