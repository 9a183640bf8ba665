import type { Command } from 'commander';
import { CONFIG_OPTION, DATA_DIR_OPTION, type NodeOptions } from '../node/node-socket.js';

/** Options that all commands about pods share. */
export interface PodOptions extends NodeOptions {
  readonly namespace?: string;
}

export interface ContainerOptions extends PodOptions {
  readonly container?: string;
}

export function addPodOptions(command: Command): Command {
  return command
    .option('-n, --namespace <namespace>', 'of the pod (default: default)')
    .option(...CONFIG_OPTION)
    .option(...DATA_DIR_OPTION);
}

export function addContainerOption(command: Command): Command {
  return command.option(
    '-c, --container <container>',
    'of the pod (default: the one its annotation kubectl.kubernetes.io/default-container names, else the first)',
  );
}
