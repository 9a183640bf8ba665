import type { Command } from 'commander';
import { CliError } from '../errors.js';
import type { CommandContext } from '../program.js';
import { addContainerOption, addPodOptions, type ContainerOptions } from './pod-options.js';

export interface StreamOptions extends ContainerOptions {
  readonly stdin?: boolean;
  readonly tty?: boolean;
}

const EXEC_EXAMPLES = `
The exit code is the command's own.

Examples:
  edgecore exec hello -- ls -l /
  edgecore exec -it hello -- sh
  edgecore exec -i hello -c main -- tar xf - -C /data < data.tar`;

export function addExecCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('exec')
    .description('run a command in a container of a pod of this node')
    .argument('<pod>', 'POD, or NAMESPACE/POD')
    .argument('<command...>', 'after --')
    .usage('[options] <pod> -- <command...>');
  addStreamOptions(command)
    .addHelpText('after', EXEC_EXAMPLES)
    .action((pod: string, words: string[], options: StreamOptions) => {
      // Its options would be taken for ours.
      if (!(program as Command & { rawArgs: string[] }).rawArgs.includes('--')) {
        throw new CliError(`put "--" before the command: edgecore exec ${pod} -- ${words.join(' ')}`);
      }
      return stream('exec', pod, words, options, context);
    });
}

const ATTACH_EXAMPLES = `
Examples:
  edgecore attach hello                             its output from now on; Ctrl-C leaves it running
  edgecore attach -it hello -c shell`;

export function addAttachCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('attach')
    .description('join the process a container of a pod of this node runs')
    .argument('<pod>', 'POD, or NAMESPACE/POD');
  addStreamOptions(command)
    .addHelpText('after', ATTACH_EXAMPLES)
    .action((pod: string, options: StreamOptions) => stream('attach', pod, [], options, context));
}

function addStreamOptions(command: Command): Command {
  return addPodOptions(
    addContainerOption(command)
      .option('-i, --stdin', 'pass standard input on')
      .option('-t, --tty', 'standard input is a terminal'),
  );
}

async function stream(
  kind: 'exec' | 'attach',
  pod: string,
  command: readonly string[],
  options: StreamOptions,
  { io, setExitCode }: CommandContext,
): Promise<void> {
  const { runStream } = await import('../pods/run-stream.js');
  setExitCode(await runStream(kind, pod, command, options, io));
}
