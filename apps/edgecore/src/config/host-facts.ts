import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isNodeName } from './node-name.js';

/** What the defaults of a configuration depend on (config.md §1). */
export interface HostFacts {
  /** As the system says it; each format derives its own default node name. */
  readonly hostName: string;
  /** `''` when there is none; servers then read `:10000`, as upstream. */
  readonly localIp: string;
  /** Node's `process.arch`. */
  readonly arch: string;
}

/** Where the facts come from; replaced in tests. */
export interface HostFactSources {
  readonly hostName: () => string;
  /** Addresses the host name resolves to, in resolver order. */
  readonly resolve: (hostName: string) => Promise<readonly string[]>;
  readonly interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
  /** Name of the interface holding the default route, if any. */
  readonly defaultInterface: () => Promise<string | undefined>;
}

const FALLBACK_NAME = 'default-edge-node';

const systemSources: HostFactSources = {
  hostName: hostname,
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  interfaces: networkInterfaces,
  defaultInterface: async () => {
    const table = await readFile('/proc/net/route', 'utf8').catch(() => '');
    for (const row of table.split('\n').slice(1)) {
      const [name, destination] = row.split('\t');
      if (name && destination === '00000000') return name;
    }
    return undefined;
  },
};

/** Looks up host name and local address. Never fails: what cannot be found is `''`. */
export async function hostFacts(sources: Partial<HostFactSources> = {}): Promise<HostFacts> {
  const use = { ...systemSources, ...sources };
  const hostName = use.hostName();
  return { hostName, localIp: await localIp(hostName, use), arch: process.arch };
}

/** Node name when the file gives none: 2020 took the name as it is, today's agent cleans it. */
export function defaultNodeName(hostName: string, format: 'v1alpha1' | 'v1alpha2'): string {
  if (format === 'v1alpha1') return hostName === '' ? FALLBACK_NAME : hostName;
  const name = hostName.trim().toLowerCase();
  return isNodeName(name) ? name : FALLBACK_NAME;
}

async function localIp(hostName: string, sources: HostFactSources): Promise<string> {
  const interfaces = sources.interfaces();
  const own = new Set(
    Object.values(interfaces)
      .flat()
      .map((info) => info?.address),
  );
  const resolved = await sources.resolve(hostName).catch(() => [] as string[]);
  const named = preferIpv4(resolved.filter((address) => own.has(address) && isUsable(address)));
  if (named) return named;
  const name = await sources.defaultInterface();
  const global = (name ? (interfaces[name] ?? []) : []).map(({ address }) => address).filter(isUsable);
  return preferIpv4(global) ?? '';
}

function preferIpv4(addresses: readonly string[]): string | undefined {
  return addresses.find((address) => isIPv4(address)) ?? addresses.find((address) => isIPv6(address));
}

/** Neither loopback, link-local, multicast nor zero. */
function isUsable(address: string): boolean {
  if (isIPv4(address)) {
    const first = Number(address.split('.')[0]);
    return first !== 0 && first !== 127 && first < 224 && !address.startsWith('169.254.');
  }
  const text = address.toLowerCase();
  return text !== '::' && text !== '::1' && !text.startsWith('ff') && !/^fe[89ab]/.test(text);
}
