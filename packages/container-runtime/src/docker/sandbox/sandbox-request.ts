import type { DnsConfig, PortMapping, SandboxConfig } from '../../runtime.js';
import { sandboxLabels } from '../labels.js';
import { type SeccompDefault, securityFields } from '../security.js';

/** Things of this engine a request depends on. */
export interface SandboxRequestContext {
  readonly cgroupParent: string;
  readonly oomScoreAdj: number;
  readonly seccompDefault: SeccompDefault;
  /** Let the engine write resolv.conf, because we cannot. */
  readonly dnsByEngine: boolean;
  readonly instance?: string;
}

/** OOM score of the process that holds a pod's namespaces: it must outlive its containers. */
export const SANDBOX_OOM_SCORE = -998;
const MIN_CPU_SHARES = 2;
const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;

/** Body of the create request of a sandbox: dockershim's fields (edged.md §5.1). */
export function sandboxRequest(
  config: SandboxConfig,
  context: SandboxRequestContext,
): Record<string, unknown> {
  const security = securityFields(config.security, context.seccompDefault);
  const hostNetwork = config.network === 'host';
  const ports = hostNetwork ? [] : config.ports.filter(({ hostPort }) => hostPort > 0);
  return {
    Image: config.image,
    ...(hostNetwork ? {} : { Hostname: config.hostname }),
    Labels: sandboxLabels(config, context.instance),
    ...security.config,
    ExposedPorts: Object.fromEntries(ports.map((port) => [portKey(port), {}])),
    HostConfig: {
      NetworkMode: hostNetwork ? 'host' : 'default',
      IpcMode: config.ipc === 'host' ? 'host' : 'shareable',
      PidMode: config.pid === 'host' ? 'host' : '',
      CpuShares: MIN_CPU_SHARES,
      OomScoreAdj: context.oomScoreAdj,
      ShmSize: SHARED_MEMORY_BYTES,
      CgroupParent: context.cgroupParent,
      PortBindings: portBindings(ports),
      ...(Object.keys(config.sysctls).length > 0 ? { Sysctls: config.sysctls } : {}),
      ...(context.dnsByEngine ? dnsFields(config.dns) : {}),
      ...security.host,
    },
  };
}

function portKey({ containerPort, protocol }: PortMapping): string {
  return `${containerPort}/${protocol.toLowerCase()}`;
}

function portBindings(ports: readonly PortMapping[]): Record<string, { HostPort: string; HostIp: string }[]> {
  const bindings: Record<string, { HostPort: string; HostIp: string }[]> = {};
  for (const port of ports) {
    const key = portKey(port);
    bindings[key] ??= [];
    bindings[key].push({ HostPort: String(port.hostPort), HostIp: port.hostIp ?? '' });
  }
  return bindings;
}

function dnsFields(dns: DnsConfig | undefined): Record<string, readonly string[]> {
  if (!dns) return {};
  // A lone dot is Docker's way to say "no search domains" instead of the host's.
  const searches = dns.searches.length > 0 ? dns.searches : ['.'];
  return { Dns: dns.servers, DnsSearch: searches, DnsOptions: dns.options };
}
