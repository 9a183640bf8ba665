import { isIP } from 'node:net';
import type { DnsConfig } from '@edgecore/container-runtime';
import type { Pod } from '../kube-types.js';

/** Limits of today's kubelet; the 2020 ones were 6 and 256. */
const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

export interface ClusterDns {
  /** Addresses; what is not an IP is skipped. */
  readonly servers: readonly string[];
  /** `''` for none. */
  readonly domain: string;
}

export interface PodDns {
  readonly config: DnsConfig;
  /** Event reasons with texts, for what had to be changed. */
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
}

/** What the pod's resolv.conf must hold (edged.md §5.3). `host` is the node's own. */
export function podDns(pod: Pod, cluster: ClusterDns, host: DnsConfig): PodDns {
  const { spec, metadata } = pod;
  const warnings: { reason: string; message: string }[] = [];
  const servers = cluster.servers.filter((server) => isIP(server) !== 0);
  let config = host;
  if (spec.dnsPolicy === 'None') {
    config = { servers: [], searches: [], options: [] };
  } else if (wantsCluster(pod)) {
    if (servers.length > 0) {
      const own = cluster.domain
        ? [`${metadata.namespace}.svc.${cluster.domain}`, `svc.${cluster.domain}`, cluster.domain]
        : [];
      config = { servers, searches: unique([...own, ...host.searches]), options: ['ndots:5'] };
    } else {
      warnings.push({
        reason: 'MissingClusterDNS',
        message: `pod: "${metadata.name}_${metadata.namespace}(${metadata.uid})". No cluster DNS is configured on this node (clusterDNS); falling back to "Default" policy.`,
      });
    }
  }
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const merged: DnsConfig = {
    servers: unique([...config.servers, ...nameservers]),
    searches: unique([...config.searches, ...searches.map((one) => one.replace(/(.)\.$/, '$1'))]),
    options: mergeOptions(config.options, options),
  };
  return { config: limited(merged, warnings), warnings };
}

function wantsCluster({ spec }: Pod): boolean {
  return (
    spec.dnsPolicy === 'ClusterFirstWithHostNet' || (spec.dnsPolicy === 'ClusterFirst' && !spec.hostNetwork)
  );
}

/** Options by name, the pod's override, first-seen order stays. */
function mergeOptions(
  base: readonly string[],
  own: readonly { readonly name?: string; readonly value?: string }[],
): string[] {
  const merged = new Map(base.map((option) => [option.split(':')[0]!, option]));
  for (const { name, value } of own) if (name) merged.set(name, value ? `${name}:${value}` : name);
  return [...merged.values()];
}

function limited(config: DnsConfig, warnings: { reason: string; message: string }[]): DnsConfig {
  const servers = config.servers.slice(0, MAX_SERVERS);
  if (servers.length < config.servers.length) {
    warnings.push({
      reason: 'DNSConfigForming',
      message: `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${servers.join(' ')}`,
    });
  }
  let searches = config.searches.slice(0, MAX_SEARCHES);
  while (searches.join(' ').length > MAX_SEARCH_CHARACTERS) searches = searches.slice(0, -1);
  if (searches.length < config.searches.length) {
    warnings.push({
      reason: 'DNSConfigForming',
      message: `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(' ')}`,
    });
  }
  return { servers, searches, options: config.options };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
