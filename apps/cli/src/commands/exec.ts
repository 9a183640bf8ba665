import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { line } from '../io.js';
import { findPodSocket } from '../node/node-socket.js';
import type { CommandContext } from '../program.js';
import { addContainerOption, addPodOptions, type ContainerOptions } from './pod-options.js';

interface StreamOptions extends ContainerOptions {
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
  const [{ parsePodName }, { listPods, pickContainer, pickPod }, { Terminal }, { byteSink }, remote] =
    await Promise.all([
      import('../pods/pod-name.js'),
      import('../pods/find-pod.js'),
      import('../pods/terminal.js'),
      import('../pods/byte-sink.js'),
      import('../pods/remote-session.js'),
    ]);
  const [{ openStream }, { listenForEnd }] = await Promise.all([
    import('../pods/stream-socket.js'),
    import('../pods/endings.js'),
  ]);
  const name = parsePodName(pod, options.namespace);
  const socket = await findPodSocket(options, io.env);
  const { container, note } = pickContainer(pickPod(await listPods(socket), name), options.container);
  if (note !== undefined) line(io.stderr, note);

  let tty = options.tty ?? false;
  if (tty && kind === 'attach' && !container.tty) {
    line(io.stderr, `Unable to use a TTY - container ${container.name} did not allocate one`);
    tty = false;
  }
  const terminal = tty && options.stdin ? Terminal.of(io.stdin, io.stdout) : undefined;
  if (tty && options.stdin && !terminal) {
    line(io.stderr, 'Unable to use a TTY - input is not a terminal or the right kind of file');
    tty = false;
  }
  const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
  if (options.stdin) query.set('input', '1');
  query.set('output', '1');
  query.set(tty ? 'tty' : 'error', '1');
  const path = [name.namespace, name.name, container.name].map(encodeURIComponent).join('/');
  const webSocket = await openStream(socket, `/${kind}/${path}?${query}`, remote.REMOTE_PROTOCOLS);
  if (kind === 'attach' && terminal) {
    line(io.stderr, "If you don't see a command prompt, try pressing enter.");
  }
  const endings = listenForEnd(io);
  try {
    const end = await remote.joinRemote(webSocket, {
      ...(options.stdin && { stdin: io.stdin }),
      stdout: byteSink(io.stdout),
      stderr: byteSink(io.stderr),
      terminal,
      signal: endings.signal,
    });
    if (end.kind === 'left') return setExitCode(endings.exitCode);
    // A person at a terminal ended the command and knows.
    if (end.exitCode !== 0 && !terminal) {
      line(io.stderr, `command terminated with exit code ${end.exitCode}`);
    }
    setExitCode(end.exitCode);
  } finally {
    endings.release();
  }
}
