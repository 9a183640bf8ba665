import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopNodeOptions, TopPodOptions } from '../commands/top.js';
import { type CliIo, line } from '../io.js';
import { nodeRequest } from '../node/node-client.js';
import { findPodSocket } from '../node/node-socket.js';
import { listPods, pickPod } from './find-pod.js';
import { parsePodName } from './pod-name.js';
import { formatNodeUsage, formatPodUsage } from './top-table.js';
import { nodeUsage, podUsages, type StatsSummary } from './usage.js';

/** `edgecore top pod`. @throws {CliError} when there is no such pod. */
export async function topPod(pod: string | undefined, options: TopPodOptions, io: CliIo): Promise<void> {
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

/** `edgecore top node`. */
export async function topNode(options: TopNodeOptions, io: CliIo): Promise<void> {
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
