import type { Host } from './host.js';
import type { NodeAddress } from './node-types.js';

export interface AddressOptions {
  /** The node's name; it is also its `Hostname` address. */
  readonly nodeName: string;
  /** Address to report. Default: found as described at {@link nodeIp}. */
  readonly nodeIp?: string | undefined;
  /** Take the first IPv4 of this interface (2020's `interfaceName`). Default: none. */
  readonly interfaceName?: string | undefined;
}

/**
 * The address the node reports: the configured one, else the first IPv4 of
 * the configured interface, else of the interface with the default route, else the
 * first that is neither loopback nor link-local; `undefined` on a machine
 * without network.
 */
export async function nodeIp(host: Host, options: AddressOptions): Promise<string | undefined> {
  if (options.nodeIp) return options.nodeIp;
  const usable = host
    .addresses()
    .filter(
      ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    );
  const on = (name: string | undefined) => usable.find((one) => one.interface === name)?.address;
  if (options.interfaceName) {
    const found = on(options.interfaceName);
    if (found) return found;
  }
  const routes = await host.readText('/proc/net/route');
  return on(routes && defaultRouteInterface(routes)) ?? usable[0]?.address;
}

/** Interface of the default route with the lowest metric, from `/proc/net/route`. */
export function defaultRouteInterface(routes: string): string | undefined {
  let best: { name: string; metric: number } | undefined;
  for (const line of routes.split('\n').slice(1)) {
    const [name, destination, , flags, , , metric, mask] = line.trim().split(/\s+/);
    const up = (Number.parseInt(flags ?? '0', 16) & 1) === 1;
    if (!name || destination !== '00000000' || mask !== '00000000' || !up) continue;
    if (!best || Number(metric) < best.metric) best = { name, metric: Number(metric) };
  }
  return best?.name;
}

export async function nodeAddresses(host: Host, options: AddressOptions): Promise<NodeAddress[]> {
  const ip = await nodeIp(host, options);
  return [
    ...(ip ? [{ type: 'InternalIP', address: ip } as const] : []),
    { type: 'Hostname', address: options.nodeName },
  ];
}
