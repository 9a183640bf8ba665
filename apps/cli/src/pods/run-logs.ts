import type { LogsOptions } from '../commands/logs.js';
import { CliError } from '../errors.js';
import { type CliIo, line } from '../io.js';
import { nodeResponse } from '../node/node-client.js';
import { findPodSocket } from '../node/node-socket.js';
import { byteSink } from './byte-sink.js';
import { allContainers, listPods, pickContainer, pickPod } from './find-pod.js';
import { logQuery } from './log-options.js';
import { parsePodName } from './pod-name.js';
import { printLog } from './print-logs.js';

/** `edgecore logs`. @throws {CliError} what cannot be found or read. */
export async function logs(pod: string, options: LogsOptions, io: CliIo): Promise<void> {
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
  const output = byteSink(io.stdout);
  const stop = new AbortController();
  const signal = io.signal ? AbortSignal.any([io.signal, stop.signal]) : stop.signal;
  const print = async (container: string, wholeLines: boolean) => {
    const path = [name.namespace, name.name, container].map(encodeURIComponent).join('/');
    const response = await nodeResponse(socket, `/containerLogs/${path}?${query}`);
    const prefix = options.prefix ? `[pod/${name.name}/${container}] ` : '';
    await printLog({ response, prefix }, output, { signal, wholeLines });
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
