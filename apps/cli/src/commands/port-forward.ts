import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { line } from '../io.js';
import { findPodSocket } from '../node/node-socket.js';
import type { ForwardedPort } from '../pods/forward-port.js';
import type { CommandContext } from '../program.js';
import { addPodOptions, type PodOptions } from './pod-options.js';

interface ForwardOptions extends PodOptions {
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
    .action((pod: string, ports: string[], options: ForwardOptions) => forward(pod, ports, options, context));
}

async function forward(
  pod: string,
  ports: readonly string[],
  options: ForwardOptions,
  { io }: CommandContext,
): Promise<void> {
  const [{ parsePodName }, { listPods, pickPod }, pairs, forwarding, { openStream }, { listenForEnd }] =
    await Promise.all([
      import('../pods/pod-name.js'),
      import('../pods/find-pod.js'),
      import('../pods/port-pairs.js'),
      import('../pods/forward-port.js'),
      import('../pods/stream-socket.js'),
      import('../pods/endings.js'),
    ]);
  const name = parsePodName(pod, options.namespace);
  const wanted = ports.map(pairs.parsePortPair);
  const addresses = pairs.parseAddresses(options.address);
  const socket = await findPodSocket(options, io.env);
  const phase = pickPod(await listPods(socket), name).status?.phase ?? 'Pending';
  if (phase !== 'Running') {
    throw new CliError(`unable to forward port because pod is not running. Current status=${phase}`);
  }
  const path = `/portForward/${encodeURIComponent(name.namespace)}/${encodeURIComponent(name.name)}`;
  const endings = listenForEnd(io);
  const open: ForwardedPort[] = [];
  try {
    for (const pair of wanted) {
      for (const address of addresses) {
        const port = await forwarding.ForwardedPort.listen({
          address,
          pair,
          open: () => openStream(socket, `${path}?port=${pair.remote}`, forwarding.FORWARD_PROTOCOLS),
          onConnection: (local) => line(io.stdout, `Handling connection for ${local}`),
          onError: (local, reason) =>
            line(io.stderr, `an error occurred forwarding ${local} -> ${pair.remote}: ${reason}`),
        });
        open.push(port);
        line(io.stdout, `Forwarding from ${forwarding.shown(address, port.port)} -> ${pair.remote}`);
      }
    }
    if (!endings.signal.aborted) {
      await new Promise((resolve) => endings.signal.addEventListener('abort', resolve, { once: true }));
    }
  } finally {
    endings.release();
    await Promise.all(open.map((port) => port.close()));
  }
}
