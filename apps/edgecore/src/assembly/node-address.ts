import { networkInterfaces } from 'node:os';
import type { NodeConfig } from '../config/index.js';

export interface NodeAddressSources {
  /** Default: the system's. */
  readonly interfaces?: typeof networkInterfaces;
  /** This machine's address as the cloud connection sees it; `undefined` while there is none. */
  readonly towardsCloud?: () => string | undefined;
}

/**
 * Addresses of the node, best first: the configured one, that of the
 * configured interface, the one that reaches the cloud, any other that is not
 * loopback or link-local, loopback (config.md §1, edged.md §1).
 */
export function nodeAddresses(node: NodeConfig, sources: NodeAddressSources = {}): string[] {
  if (node.ip !== '') return [node.ip];
  const interfaces = (sources.interfaces ?? networkInterfaces)();
  const chosen = node.interfaceName === '' ? undefined : usable(interfaces[node.interfaceName] ?? []);
  if (chosen && chosen.length > 0) return chosen;
  const towardsCloud = sources.towardsCloud?.();
  if (towardsCloud) return [towardsCloud];
  const any = Object.entries(interfaces)
    .filter(([name]) => !/^(docker|veth|br-|cni|edge-dummy)/.test(name))
    .flatMap(([, addresses]) => usable(addresses ?? []));
  return any.length > 0 ? [any[0]!] : ['127.0.0.1'];
}

type Address = NonNullable<ReturnType<typeof networkInterfaces>[string]>[number];

/** IPv4 before IPv6. */
function usable(addresses: readonly Address[]): string[] {
  const global = addresses.filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address));
  return [...global.filter(({ family }) => family === 'IPv4'), ...global.filter(({ family }) => family === 'IPv6')].map(
    ({ address }) => address,
  );
}
