import type { PortForwardOptions } from '../commands/port-forward.js';
import { CliError } from '../errors.js';
import { type CliIo, line } from '../io.js';
import { findPodSocket } from '../node/node-socket.js';
import { listenForEnd } from './endings.js';
import { listPods, pickPod } from './find-pod.js';
import { FORWARD_PROTOCOLS, ForwardedPort, shown } from './forward-port.js';
import { parsePodName } from './pod-name.js';
import { parseAddresses, parsePortPair } from './port-pairs.js';
import { openStream } from './stream-socket.js';

/** `edgecore port-forward`: until interrupted. @throws {CliError} before anything is forwarded. */
export async function portForward(
  pod: string,
  ports: readonly string[],
  options: PortForwardOptions,
  io: CliIo,
): Promise<void> {
  const name = parsePodName(pod, options.namespace);
  const wanted = ports.map(parsePortPair);
  const addresses = parseAddresses(options.address);
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
        const port = await ForwardedPort.listen({
          address,
          pair,
          open: () => openStream(socket, `${path}?port=${pair.remote}`, FORWARD_PROTOCOLS),
          onConnection: (local) => line(io.stdout, `Handling connection for ${local}`),
          onError: (local, reason) =>
            line(io.stderr, `an error occurred forwarding ${local} -> ${pair.remote}: ${reason}`),
        });
        open.push(port);
        line(io.stdout, `Forwarding from ${shown(address, port.port)} -> ${pair.remote}`);
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
