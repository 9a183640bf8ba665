import { ContainerCreateError, RuntimeUnavailableError, UnsupportedByRuntimeError } from '../errors.js';
import type { ContainerConfig, Mount, SandboxConfig, SecurityConfig } from '../runtime.js';
import type { HostTools } from './host-tools.js';
import { wantsNoNewPrivileges } from './identity.js';

/** Nothing can be run without it. */
export const MISSING_SETSID = 'the program setsid is missing on this host; install util-linux or busybox';

/**
 * Refuses what a pod would wrongly believe it has. The rule: a request for
 * *more isolation* than plain processes have is refused by its field's name;
 * a request for *less* (privileged, capabilities.add, unconfined profiles) is
 * met anyway and passes.
 *
 * @throws {UnsupportedByRuntimeError} @throws {ContainerCreateError} without a command.
 * @throws {RuntimeUnavailableError} without `setsid`.
 */
export function refuseContainer(config: ContainerConfig, tools: HostTools): void {
  if (!tools.setsid) throw new RuntimeUnavailableError(MISSING_SETSID);
  if (config.command.length === 0) {
    throw new ContainerCreateError(
      'the process runtime needs `command` in the pod spec: without a container engine there is no image to take it from',
    );
  }
  if (config.tty && !tools.script) refuse("a terminal (`tty`): util-linux's `script` is not installed");
  for (const device of config.devices) {
    if (device.containerPath !== device.hostPath) {
      refuse(`device ${device.hostPath} under another name (${device.containerPath})`);
    }
  }
  if (config.security) refuseSecurity(config.security, tools);
  for (const mount of config.mounts) refuseMount(mount, tools);
}

/** @throws {UnsupportedByRuntimeError} */
export function refuseSandbox(config: SandboxConfig): void {
  const [sysctl] = Object.keys(config.sysctls);
  if (sysctl !== undefined)
    refuse(`securityContext.sysctls (${sysctl}): the pod shares the host's kernel settings`);
  for (const { hostPort, containerPort, hostIp } of config.ports) {
    if (hostPort > 0 && hostPort !== containerPort) {
      refuse(
        `hostPort ${hostPort} for containerPort ${containerPort}: processes listen on the host, use one number`,
      );
    }
    if (hostPort > 0 && hostIp && hostIp !== '0.0.0.0' && hostIp !== '::') {
      refuse(`hostIP ${hostIp} for port ${hostPort}: the process itself decides on which address it listens`);
    }
  }
}

function refuseSecurity(security: SecurityConfig, tools: HostTools): void {
  const canChangeUser = tools.uid === 0 && tools.setpriv !== undefined;
  const why =
    tools.uid === 0 ? "util-linux's setpriv is not installed" : `the agent is not root (uid ${tools.uid})`;
  if (security.runAsUser !== undefined && security.runAsUser !== tools.uid && !canChangeUser) {
    refuse(`securityContext.runAsUser ${security.runAsUser}: ${why}`);
  }
  const group = process.getgid?.() ?? 0;
  if (security.runAsGroup !== undefined && security.runAsGroup !== group && !canChangeUser) {
    refuse(`securityContext.runAsGroup ${security.runAsGroup}: ${why}`);
  }
  if (security.runAsUserName) refuse('securityContext.runAsUserName; use runAsUser');
  if (security.readOnlyRootFilesystem) refuse('securityContext.readOnlyRootFilesystem');
  if (security.capabilities?.drop?.length) {
    refuse(`securityContext.capabilities.drop (${security.capabilities.drop.join(', ')})`);
  }
  if (wantsNoNewPrivileges(security) && !tools.setpriv) {
    refuse("securityContext.allowPrivilegeEscalation: false: util-linux's setpriv is not installed");
  }
  const confining = security.securityOptions?.find(
    (option) => !/^no-new-privileges(:(true|false))?$|[=:]unconfined$|^label[=:]disable$/.test(option),
  );
  // Profiles may be long: the name before the value is enough.
  if (confining) refuse(`securityContext: ${confining.split(/[=:]/)[0]} profiles`);
}

function refuseMount(mount: Mount, tools: HostTools): void {
  if (mount.propagation === 'rshared') refuse(`mountPropagation Bidirectional for ${mount.containerPath}`);
  if (tools.mountMode !== 'none') return;
  if (mount.containerPath !== mount.hostPath) {
    refuse(
      `a volume at ${mount.containerPath}: this host lets the agent make no mount namespace; run it as root, or mount a hostPath at the same path`,
    );
  }
  if (mount.readOnly) refuse(`a read-only volume at ${mount.containerPath} without a mount namespace`);
}

function refuse(what: string): never {
  throw new UnsupportedByRuntimeError('process', what);
}
