import type { HostAlias } from '../kube-types.js';
import type { PodHostname } from '../sandbox/pod-hostname.js';

const HEADER = '# Kubernetes-managed hosts file.';
const HOST_NETWORK_HEADER = '# Kubernetes-managed hosts file (host network).';
const LOOPBACK = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

/** `/etc/hosts` of a pod with its own network, byte for byte as kubelet's (edged.md §5.4). */
export function podHostsFile(
  podIps: readonly string[],
  { shortName, domain }: PodHostname,
  aliases: readonly HostAlias[] = [],
): string {
  const own = podIps.map((ip) =>
    domain === '' ? `${ip}\t${shortName}` : `${ip}\t${shortName}.${domain}\t${shortName}`,
  );
  return `${[HEADER, ...LOOPBACK, ...own].join('\n')}\n${aliasLines(aliases)}`;
}

/** `/etc/hosts` of a pod on the node's network: the node's own, marked, and the aliases. */
export function hostNetworkHostsFile(nodeHosts: string, aliases: readonly HostAlias[] = []): string {
  return `${HOST_NETWORK_HEADER}\n${nodeHosts}${aliasLines(aliases)}`;
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames].join('\t'));
  return `\n# Entries added by HostAliases.\n${lines.join('\n')}\n`;
}
