import { mkdir } from 'node:fs/promises';
import type { SandboxConfig, SandboxStatus } from '@edgecore/container-runtime';
import { SandboxError } from '@edgecore/container-runtime';
import { capabilityWarnings } from '../containers/capability-check.js';
import { podDns } from '../dns/pod-dns.js';
import type { Pod } from '../kube-types.js';
import { sandboxConfig } from '../sandbox/sandbox-config.js';
import type { PodServices } from './pod-services.js';

/** A running sandbox and how it was asked for: containers are created with both. */
export interface LiveSandbox {
  readonly status: SandboxStatus;
  readonly config: SandboxConfig;
}

/** The request for a pod's sandbox, DNS included. @throws {SandboxError} */
export async function describeSandbox(
  pod: Pod,
  attempt: number,
  services: PodServices,
  signal: AbortSignal,
): Promise<SandboxConfig> {
  const config = await sandboxConfig(pod, attempt, services.sandbox);
  const { config: dns, warnings } = podDns(pod, services.dns, await services.hostDns());
  for (const { reason, message } of warnings) services.events({ pod, type: 'Warning', reason, message });
  return { ...config, dns, auths: await services.registryAuths(pod, signal) };
}

/** Creates and starts a pod's sandbox (edged.md §5). @throws {SandboxError} */
export async function createSandbox(
  pod: Pod,
  attempt: number,
  services: PodServices,
  signal: AbortSignal,
): Promise<LiveSandbox> {
  const { runtime } = services;
  const config = await describeSandbox(pod, attempt, services, signal);
  for (const message of capabilityWarnings(runtime, pod)) {
    services.events({ pod, type: 'Warning', reason: 'NotSupported', message });
  }
  await mkdir(config.logDirectory, { recursive: true, mode: 0o755 });
  const status = await runtime.runSandbox(config, signal);
  if (runtime.capabilities.podNetwork && config.network === 'pod' && status.ips.length === 0) {
    throw new SandboxError('the sandbox got no IP address');
  }
  return { status, config };
}
