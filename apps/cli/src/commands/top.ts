import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { line } from '../io.js';
import { nodeRequest } from '../node/node-client.js';
import { CONFIG_OPTION, DATA_DIR_OPTION, findPodSocket, type NodeOptions } from '../node/node-socket.js';
import type { StatsSummary } from '../pods/usage.js';
import type { CommandContext } from '../program.js';
import { addPodOptions, type PodOptions } from './pod-options.js';

interface TopNodeOptions extends NodeOptions {
  readonly json?: boolean;
}

interface TopPodOptions extends PodOptions, TopNodeOptions {
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
  addPodOptions(pod).action((name: string | undefined, options: TopPodOptions) =>
    topPod(name, options, context),
  );
  top
    .command('node')
    .alias('nodes')
    .description('of the machine')
    .option('--json', 'as JSON: billionths of a core, bytes')
    .option(...CONFIG_OPTION)
    .option(...DATA_DIR_OPTION)
    .action((options: TopNodeOptions) => topNode(options, context));
}

async function topPod(
  pod: string | undefined,
  options: TopPodOptions,
  { io }: CommandContext,
): Promise<void> {
  const [{ parsePodName }, { listPods, pickPod }, { podUsages }, { formatPodUsage }] = await Promise.all([
    import('../pods/pod-name.js'),
    import('../pods/find-pod.js'),
    import('../pods/usage.js'),
    import('../pods/top-table.js'),
  ]);
  const wanted = pod === undefined ? undefined : parsePodName(pod, options.namespace);
  const socket = await findPodSocket(options, io.env);
  if (wanted) pickPod(await listPods(socket), wanted);
  const all = options.allNamespaces === true && !wanted;
  const namespace = all ? undefined : (wanted?.namespace ?? options.namespace ?? 'default');
  const known = await readSummary(socket, io.signal, ({ pods }) => pods);
  const pods = podUsages(known, namespace).filter(({ name }) => !wanted || name === wanted.name);
  if (options.json) line(io.stdout, JSON.stringify(pods));
  else if (pods.length === 0) {
    line(io.stderr, all ? 'No pods run here.' : `No pods run here in namespace ${namespace}.`);
  } else {
    const containers = options.containers === true;
    line(io.stdout, formatPodUsage(pods, { namespaces: all, containers }));
  }
}

async function topNode(options: TopNodeOptions, { io }: CommandContext): Promise<void> {
  const [{ nodeUsage }, { formatNodeUsage }] = await Promise.all([
    import('../pods/usage.js'),
    import('../pods/top-table.js'),
  ]);
  const socket = await findPodSocket(options, io.env);
  const summary = await readSummary(socket, io.signal, ({ node }) => [node]);
  const usage = nodeUsage(summary, cpus().length);
  line(io.stdout, options.json ? JSON.stringify(usage) : formatNodeUsage(usage));
}

/** A rate needs two readings a second apart; whoever asks first makes the first one. */
const PAUSE_MS = 1100;
const TRIES = 3;

async function readSummary(
  socket: string,
  signal: AbortSignal | undefined,
  of: (summary: StatsSummary) => readonly { readonly cpu?: { readonly usageNanoCores?: number } }[],
): Promise<StatsSummary> {
  for (let tries = 1; ; tries += 1) {
    const summary = JSON.parse(
      await nodeRequest(socket, '/stats/summary?only_cpu_and_memory=true'),
    ) as StatsSummary;
    const isKnown = of(summary).every(({ cpu }) => cpu?.usageNanoCores !== undefined);
    if (isKnown || tries === TRIES) return summary;
    await sleep(PAUSE_MS, undefined, signal && { signal });
  }
}
