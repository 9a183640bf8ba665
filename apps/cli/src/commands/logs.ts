import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { line } from '../io.js';
import { nodeResponse } from '../node/node-client.js';
import { findPodSocket } from '../node/node-socket.js';
import type { LogOptions } from '../pods/log-options.js';
import type { CommandContext } from '../program.js';
import { addContainerOption, addPodOptions, type ContainerOptions } from './pod-options.js';

interface LogsOptions extends ContainerOptions, LogOptions {
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
    .action((pod: string, options: LogsOptions) => logs(pod, options, context));
}

async function logs(pod: string, options: LogsOptions, { io }: CommandContext): Promise<void> {
  const [
    { parsePodName },
    { allContainers, listPods, pickContainer, pickPod },
    { logQuery },
    printing,
    sinks,
  ] = await Promise.all([
    import('../pods/pod-name.js'),
    import('../pods/find-pod.js'),
    import('../pods/log-options.js'),
    import('../pods/print-logs.js'),
    import('../pods/byte-sink.js'),
  ]);
  const name = parsePodName(pod, options.namespace);
  const query = logQuery(options).toString();
  if (options.allContainers && options.container !== undefined) {
    throw new CliError('--all-containers and --container: only one of the two can be used');
  }
  const socket = await findPodSocket(options, io.env);
  const found = pickPod(await listPods(socket), name);
  let containers = allContainers(found).map((one) => one.name);
  if (!options.allContainers) {
    const { container, note } = pickContainer(found, options.container);
    if (note !== undefined) line(io.stderr, note);
    containers = [container.name];
  }
  const output = sinks.byteSink(io.stdout);
  const stop = new AbortController();
  const signal = io.signal ? AbortSignal.any([io.signal, stop.signal]) : stop.signal;
  const print = async (container: string, wholeLines: boolean) => {
    const path = [name.namespace, name.name, container].map(encodeURIComponent).join('/');
    const response = await nodeResponse(socket, `/containerLogs/${path}?${query}`);
    const prefix = options.prefix ? `[pod/${name.name}/${container}] ` : '';
    await printing.printLog({ response, prefix }, output, { signal, wholeLines });
  };
  if (!options.follow) {
    for (const container of containers) await print(container, false);
    return;
  }
  try {
    await Promise.all(containers.map((container) => print(container, containers.length > 1)));
  } finally {
    stop.abort();
  }
}
