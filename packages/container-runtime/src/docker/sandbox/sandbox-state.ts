import type { Sandbox, SandboxStatus } from '../../runtime.js';
import type { EngineContainer, EngineContainerListing, EngineNetwork } from '../client/engine-types.js';
import { readPodIdentity, readSandboxLabels } from '../labels.js';
import { parseDockerName } from '../names.js';
import { milliseconds } from '../timestamps.js';

/** A sandbox as the engine lists it. */
export function sandboxOfListing(listing: EngineContainerListing): Sandbox {
  const labels = listing.Labels ?? {};
  const hostNetwork = listing.HostConfig?.NetworkMode === 'host';
  const addressed =
    hostNetwork || addresses(Object.values(listing.NetworkSettings?.Networks ?? {})).length > 0;
  return {
    id: listing.Id,
    pod: readPodIdentity(labels),
    attempt: attemptOf(listing.Names ?? []),
    state: listing.State === 'running' && addressed ? 'ready' : 'notReady',
    createdAt: listing.Created * 1000,
    ...readSandboxLabels(labels),
  };
}

/** A sandbox as the engine inspects it. Without an address of its own it is not ready. */
export function sandboxOfInspect(inspect: EngineContainer): SandboxStatus {
  const labels = inspect.Config.Labels ?? {};
  const network = inspect.HostConfig.NetworkMode === 'host' ? 'host' : 'pod';
  const settings = inspect.NetworkSettings ?? {};
  const ips = network === 'host' ? [] : addresses([settings, ...Object.values(settings.Networks ?? {})]);
  return {
    id: inspect.Id,
    pod: readPodIdentity(labels),
    attempt: attemptOf([inspect.Name]),
    state: inspect.State.Running && (network === 'host' || ips.length > 0) ? 'ready' : 'notReady',
    createdAt: milliseconds(inspect.Created),
    network,
    ips,
    ...readSandboxLabels(labels),
  };
}

/** IPv4 first, then IPv6, each once. */
function addresses(networks: readonly EngineNetwork[]): string[] {
  const v4 = networks.flatMap(({ IPAddress }) => (IPAddress ? [IPAddress] : []));
  const v6 = networks.flatMap(({ GlobalIPv6Address }) => (GlobalIPv6Address ? [GlobalIPv6Address] : []));
  return [...new Set([...v4.slice(0, 1), ...v6.slice(0, 1)])];
}

function attemptOf(names: readonly string[]): number {
  for (const name of names) {
    const parsed = parseDockerName(name);
    if (parsed) return parsed.attempt;
  }
  return 0;
}
