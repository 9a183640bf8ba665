import type { PortMapping, SandboxConfig } from '@edgecore/container-runtime';
import { SandboxError } from '@edgecore/container-runtime';
import type { Pod } from '../kube-types.js';
import { podIdentity, podLogDirectory } from '../pods/pod-paths.js';
import { qosClass } from '../resources/qos.js';
import { supplementalGroups } from '../security/container-security.js';
import { type SeccompDefaults, securityOptions } from '../security/security-options.js';
import { podHostname } from './pod-hostname.js';

export interface SandboxSettings {
  readonly sandboxImage: string;
  readonly clusterDomain: string;
  readonly podLogsDir: string;
  /** Put pods below `kubepods` cgroups by QoS class. */
  readonly cgroupsPerQos: boolean;
  /** `''` for the root. */
  readonly cgroupRoot: string;
  readonly seccomp: SeccompDefaults;
}

/** What the engine is asked for a pod's sandbox (edged.md §5.1). @throws {SandboxError} */
export async function sandboxConfig(
  pod: Pod,
  attempt: number,
  settings: SandboxSettings,
): Promise<Omit<SandboxConfig, 'dns' | 'auths'>> {
  const { metadata, spec } = pod;
  const { runtimeClassName, hostUsers } = spec;
  if (runtimeClassName) throw new SandboxError(`RuntimeClass "${runtimeClassName}" not found`);
  if (hostUsers === false) {
    throw new SandboxError('hostUsers: false is not supported by this container engine');
  }
  const { runAsUser, runAsGroup, sysctls = [] } = spec.securityContext ?? {};
  const identity = podIdentity(pod);
  const groups = supplementalGroups(pod);
  return {
    pod: identity,
    attempt,
    image: settings.sandboxImage,
    hostname: podHostname(pod, settings.clusterDomain).hostname,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    network: spec.hostNetwork ? 'host' : 'pod',
    pid: spec.hostPID ? 'host' : spec.shareProcessNamespace ? 'pod' : 'container',
    ipc: spec.hostIPC ? 'host' : 'pod',
    ports: spec.hostNetwork ? [] : portMappings(pod),
    cgroupParent: settings.cgroupsPerQos ? podCgroup(pod, settings.cgroupRoot) : '',
    sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])),
    security: {
      ...(runAsUser !== undefined && { runAsUser, ...(runAsGroup !== undefined && { runAsGroup }) }),
      ...(groups.length > 0 && { supplementalGroups: groups }),
      securityOptions: await securityOptions(pod, undefined, settings.seccomp),
    },
    logDirectory: podLogDirectory(settings.podLogsDir, identity),
  };
}

/** Every container port with a host port; all go on the sandbox (§5.2). */
export function portMappings({ spec }: Pod): PortMapping[] {
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ protocol = 'TCP', containerPort, hostPort, hostIP }) => ({
        protocol: protocol as PortMapping['protocol'],
        containerPort,
        hostPort: hostPort!,
        ...(hostIP && { hostIp: hostIP }),
      })),
  );
}

/** Cgroup of a pod by QoS class, in cgroupfs form (§13). */
export function podCgroup(pod: Pod, root: string): string {
  const qos = qosClass(pod.spec);
  const parent = qos === 'Guaranteed' ? 'kubepods' : `kubepods/${qos.toLowerCase()}`;
  return `${root.replace(/\/$/, '')}/${parent}/pod${pod.metadata.uid}`;
}
