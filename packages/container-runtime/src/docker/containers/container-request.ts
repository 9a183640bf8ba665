import type { ContainerConfig, ResourceConfig, SandboxConfig } from '../../runtime.js';
import { containerLabels } from '../labels.js';
import { type SeccompDefault, securityFields } from '../security.js';
import { mountFields } from './mounts.js';

export interface ContainerRequestContext {
  readonly sandboxId: string;
  readonly cgroupParent: string;
  readonly oomScoreAdj: number;
  readonly seccompDefault: SeccompDefault;
  /** As Docker writes it: `10m`. */
  readonly logMaxSize: string;
  readonly logMaxFiles: number;
  readonly instance?: string;
  /** Podman: the pod's host name does not come with its network. */
  readonly joinHostName?: boolean;
}

/** Body of the create request of a container: dockershim's fields (edged.md §6). */
export function containerRequest(
  sandbox: SandboxConfig,
  config: ContainerConfig,
  context: ContainerRequestContext,
): Record<string, unknown> {
  const security = securityFields(config.security, context.seccompDefault);
  const inSandbox = `container:${context.sandboxId}`;
  return {
    Image: config.image,
    // A command without args drops the image's CMD: the engine does so for an absent Cmd.
    ...(config.command.length > 0 ? { Entrypoint: config.command } : {}),
    ...(config.args.length > 0 ? { Cmd: config.args } : {}),
    ...(config.workingDir ? { WorkingDir: config.workingDir } : {}),
    Env: config.env.map(({ name, value }) => `${name}=${value}`),
    OpenStdin: config.stdin,
    StdinOnce: config.stdinOnce,
    Tty: config.tty,
    // Probes decide about health, not the image.
    Healthcheck: { Test: ['NONE'] },
    Labels: containerLabels(sandbox.pod, context.sandboxId, config, context.instance),
    ...security.config,
    HostConfig: {
      ...mountFields(config.mounts),
      NetworkMode: inSandbox,
      IpcMode: inSandbox,
      PidMode: pidMode(sandbox, inSandbox),
      UTSMode: sandbox.network === 'host' ? 'host' : context.joinHostName ? inSandbox : '',
      RestartPolicy: { Name: 'no' },
      CgroupParent: context.cgroupParent,
      LogConfig: {
        Type: 'json-file',
        Config: { 'max-size': context.logMaxSize, 'max-file': String(context.logMaxFiles) },
      },
      ...(config.devices.length > 0 ? { Devices: devices(config) } : {}),
      ...resources(config.resources),
      OomScoreAdj: context.oomScoreAdj,
      ...security.host,
    },
  };
}

function pidMode(sandbox: SandboxConfig, inSandbox: string): string {
  if (sandbox.pid === 'host') return 'host';
  return sandbox.pid === 'pod' ? inSandbox : '';
}

/** No swap: the limit of memory and swap together is that of memory alone. */
function resources({
  cpuShares,
  cpuQuota,
  cpuPeriod,
  memoryLimitBytes,
}: ResourceConfig): Record<string, number> {
  return {
    ...(cpuShares === undefined ? {} : { CpuShares: cpuShares }),
    ...(cpuQuota === undefined ? {} : { CpuQuota: cpuQuota }),
    ...(cpuPeriod === undefined ? {} : { CpuPeriod: cpuPeriod }),
    ...(memoryLimitBytes ? { Memory: memoryLimitBytes, MemorySwap: memoryLimitBytes } : {}),
  };
}

function devices({ devices }: ContainerConfig): Record<string, string>[] {
  return devices.map(({ hostPath, containerPath, permissions }) => ({
    PathOnHost: hostPath,
    PathInContainer: containerPath,
    CgroupPermissions: permissions,
  }));
}
