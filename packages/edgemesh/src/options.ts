import { type CloudLink, ModuleName } from '@edgecore/api';
import { InvalidMeshOptionError } from './errors.js';
import type { LocalPod } from './model/local-pods.js';
import type { ServiceFilterMode } from './model/service.js';
import { type RunCommand, runCommand } from './net/command.js';
import { STRATEGIES, type Strategy } from './proxy/balancer.js';
import { type Dialer, tcpDialer } from './proxy/dial.js';
import { parseSubnet, type Subnet } from './vip/subnet.js';

export interface EdgeMeshOptions {
  readonly nodeName: string;
  readonly link: CloudLink;
  /** `RoundRobin`, `Random`, `SessionStickiness`, `LeastConnections`; anything else is the first, with a warning. Default `RoundRobin`. */
  readonly strategy?: string;
  /** Interface whose first IPv4 address listeners and DNS have; `edgemesh0` is made where it is missing. Default `docker0`. */
  readonly listenInterface?: string;
  /** Address instead of that of an interface; for tests and embedders. */
  readonly listenAddress?: string;
  /** Virtual addresses come from here: IPv4, prefix of 8 to 28 bits. Default `9.251.0.0/16`. */
  readonly subnet?: string;
  /** Listeners take ports from here on, passing over those in use; 0: any free ones. Default 40001. */
  readonly listenPort?: number;
  /** `push`: 2020's messages; `dynamic`: list and watch through today's cloud; `auto`: as the cloud's profile says. Default `auto`. */
  readonly source?: 'auto' | 'push' | 'dynamic';
  /** How traffic to virtual addresses gets here; `none`: not at all, names stand for the addresses of endpoints. Default `dnat`. */
  readonly intercept?: 'dnat' | 'anyip' | 'none';
  /** Port of the DNS, UDP and TCP; pods look on 53. 0: any free one. Default 53. */
  readonly dnsPort?: number;
  /** Default `cluster.local`. */
  readonly clusterDomain?: string;
  /** Servers for other names, `address` or `address:port`. Default: those of `resolvConf`. */
  readonly upstreamDns?: readonly string[];
  /** Put the mesh's DNS first in the machine's own resolv.conf while it runs. Default false. */
  readonly manageResolvConf?: boolean;
  /** Default `/etc/resolv.conf`. */
  readonly resolvConf?: string;
  /** Default `FilterIfLabelExists`: labelled services are left alone. */
  readonly serviceFilterMode?: ServiceFilterMode;
  /** `routable`: pods of other nodes can be reached by their addresses. Default `hostPort`. */
  readonly podNetwork?: 'hostPort' | 'routable';
  /** The pods of this node as it knows them itself; without it what the cloud said holds. Asked every `localPodsMs`, and after `podsChanged()`. */
  readonly localPods?: () => readonly LocalPod[];
  /** Default 2000 ms. */
  readonly localPodsMs?: number;
  /** EdgeHub's name on the bus. Default `websocket`. */
  readonly hub?: string;
  /** MetaManager's name on the bus. Default `metamanager`. */
  readonly metaManager?: string;
  /** An endpoint that does not take a connection within so long is passed over. Default 3000 ms. */
  readonly connectTimeoutMs?: number;
  /** An HTTP endpoint that does not begin to answer within so long: 504. Default 0, no limit. */
  readonly httpTimeoutMs?: number;
  /** Kept HTTP connections without a request are closed. Default 60 000 ms. */
  readonly httpIdleMs?: number;
  /** A UDP client that has been silent for so long is forgotten. Default 60 000 ms. */
  readonly udpIdleMs?: number;
  /** Connections of one service port at once. Default 10 000. */
  readonly maxConnections?: number;
  /** UDP clients of one service port at once. Default 2000. */
  readonly maxUdpClients?: number;
  /** Rules and routes are looked at so often. Default 8000 ms. */
  readonly checkMs?: number;
  /** Answers to list and watch of today's cloud. Default 10 000 ms. */
  readonly dynamicTimeoutMs?: number;
  /** A freed virtual address is given to nobody for so long: twice the lifetime of DNS answers. Default 60 000 ms. */
  readonly quarantineMs?: number;
  /** Opens connections to endpoints. Default: TCP. */
  readonly dial?: Dialer;
  /** Runs `ip` and `iptables`. Default: the programs. */
  readonly run?: RunCommand;
  /** For `Random`. Default `Math.random`. */
  readonly random?: () => number;
}

export interface ResolvedOptions
  extends Required<Omit<EdgeMeshOptions, 'strategy' | 'subnet' | 'listenAddress' | 'localPods'>> {
  readonly strategy: Strategy;
  readonly subnet: Subnet;
  readonly listenAddress: string | undefined;
  readonly localPods: (() => readonly LocalPod[]) | undefined;
  /** To be logged at the start. */
  readonly warnings: readonly string[];
}

/** @throws {InvalidMeshOptionError} naming the option. */
export function resolveOptions(options: EdgeMeshOptions): ResolvedOptions {
  const warnings: string[] = [];
  const asked = options.strategy ?? 'RoundRobin';
  const strategy = STRATEGIES.find((name) => name === asked);
  if (!strategy)
    warnings.push(`lbStrategy "${asked}" is none of ${STRATEGIES.join(', ')}; RoundRobin is used`);
  const resolved: ResolvedOptions = {
    nodeName: options.nodeName,
    link: options.link,
    strategy: strategy ?? 'RoundRobin',
    listenInterface: options.listenInterface ?? 'docker0',
    listenAddress: options.listenAddress,
    subnet: parseSubnet(options.subnet ?? '9.251.0.0/16'),
    listenPort: options.listenPort ?? 40_001,
    source: options.source ?? 'auto',
    intercept: options.intercept ?? 'dnat',
    dnsPort: options.dnsPort ?? 53,
    clusterDomain: options.clusterDomain ?? 'cluster.local',
    upstreamDns: options.upstreamDns ?? [],
    manageResolvConf: options.manageResolvConf ?? false,
    resolvConf: options.resolvConf ?? '/etc/resolv.conf',
    serviceFilterMode: options.serviceFilterMode ?? 'FilterIfLabelExists',
    podNetwork: options.podNetwork ?? 'hostPort',
    localPods: options.localPods,
    localPodsMs: options.localPodsMs ?? 2000,
    hub: options.hub ?? ModuleName.edgehub,
    metaManager: options.metaManager ?? ModuleName.metamanager,
    connectTimeoutMs: options.connectTimeoutMs ?? 3000,
    httpTimeoutMs: options.httpTimeoutMs ?? 0,
    httpIdleMs: options.httpIdleMs ?? 60_000,
    udpIdleMs: options.udpIdleMs ?? 60_000,
    maxConnections: options.maxConnections ?? 10_000,
    maxUdpClients: options.maxUdpClients ?? 2000,
    checkMs: options.checkMs ?? 8000,
    dynamicTimeoutMs: options.dynamicTimeoutMs ?? 10_000,
    quarantineMs: options.quarantineMs ?? 60_000,
    dial: options.dial ?? tcpDialer,
    run: options.run ?? runCommand,
    random: options.random ?? Math.random,
    warnings,
  };
  for (const port of ['listenPort', 'dnsPort'] as const) {
    const value = resolved[port];
    if (!Number.isInteger(value) || value < 0 || value > 65_535) {
      throw new InvalidMeshOptionError(port, `must be a port from 0 to 65535, not ${value}`);
    }
  }
  for (const option of [
    'connectTimeoutMs',
    'httpIdleMs',
    'udpIdleMs',
    'maxConnections',
    'checkMs',
  ] as const) {
    if (!(resolved[option] >= 1)) {
      throw new InvalidMeshOptionError(option, `must be at least 1, not ${resolved[option]}`);
    }
  }
  return resolved;
}
