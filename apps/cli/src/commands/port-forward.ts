import type { Command } from 'commander';
import type { CommandContext } from '../program.js';
import { addPodOptions, type PodOptions } from './pod-options.js';

export interface PortForwardOptions extends PodOptions {
  readonly address: string;
}

const EXAMPLES = `
Examples:
  edgecore port-forward web 8080:80                 port 8080 here is port 80 of the pod
  edgecore port-forward web 5432 :9090              the same port; any free one
  edgecore port-forward web 8080:80 --address 0.0.0.0
                                                    for other machines, too: whoever reaches it reaches the pod`;

export function addPortForwardCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('port-forward')
    .description('make ports of a pod of this node ports of this machine')
    .argument('<pod>', 'POD, or NAMESPACE/POD')
    .argument('<ports...>', '[LOCAL:]REMOTE')
    .option('--address <addresses>', 'to listen on, with commas between', '127.0.0.1');
  addPodOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (pod: string, ports: string[], options: PortForwardOptions) => {
      const { portForward } = await import('../pods/run-port-forward.js');
      await portForward(pod, ports, options, context.io);
    });
}
