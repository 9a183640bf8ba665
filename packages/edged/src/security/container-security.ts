import type { Image, SecurityConfig } from '@edgecore/container-runtime';
import { ContainerHeldError } from '../errors.js';
import type { Container, Pod } from '../kube-types.js';
import { type SeccompDefaults, securityOptions } from './security-options.js';

/** Kubelet's lists for `procMount: Default`, as measured (edged.md §6.4). */
const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/**
 * Engine settings of a container's `securityContext` over the pod's (edged.md §6.4).
 *
 * @param image The image to run, for its user; `undefined` when the engine has none.
 * @throws {ContainerHeldError} `CreateContainerConfigError` for a non-root violation or an unusable profile.
 */
export async function containerSecurity(
  pod: Pod,
  container: Container,
  image: Image | undefined,
  seccomp: SeccompDefaults,
): Promise<SecurityConfig> {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  if (own.runAsNonRoot ?? shared.runAsNonRoot) requireNonRoot(pod, container, runAsUser, image);
  const groups = supplementalGroups(pod);
  const privileged = own.privileged ?? false;
  return {
    ...userConfig(runAsUser, runAsGroup, image),
    ...(groups.length > 0 && { supplementalGroups: groups }),
    ...(privileged ? { privileged } : procMount(own.procMount)),
    ...(own.capabilities && {
      capabilities: { add: own.capabilities.add ?? [], drop: own.capabilities.drop ?? [] },
    }),
    ...(own.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
    ...(own.allowPrivilegeEscalation === false && { noNewPrivileges: true }),
    securityOptions: await securityOptions(pod, container, seccomp),
  };
}

/** `supplementalGroups` and `fsGroup`: groups every container of the pod is in. */
export function supplementalGroups({ spec }: Pod): number[] {
  const { supplementalGroups: groups = [], fsGroup } = spec.securityContext ?? {};
  return [...new Set([...groups, ...(fsGroup === undefined ? [] : [fsGroup])])];
}

function userConfig(
  runAsUser: number | undefined,
  runAsGroup: number | undefined,
  image: Image | undefined,
): SecurityConfig {
  if (runAsUser !== undefined) return { runAsUser, ...(runAsGroup !== undefined && { runAsGroup }) };
  if (runAsGroup === undefined) return {};
  const user = image?.user.split(':')[0] ?? '';
  if (/^\d+$/.test(user)) return { runAsUser: Number(user), runAsGroup };
  throw held('runAsGroup is specified without a runAsUser');
}

function requireNonRoot(
  { metadata }: Pod,
  container: Container,
  runAsUser: number | undefined,
  image: Image | undefined,
): void {
  const where = `pod: "${metadata.name}_${metadata.namespace}(${metadata.uid})", container: ${container.name}`;
  if (runAsUser === 0) throw held(`container's runAsUser breaks non-root policy (${where})`);
  if (runAsUser !== undefined) return;
  const user = image?.user.split(':')[0] ?? '';
  if (user === '' || Number(user) === 0) {
    throw held(`container has runAsNonRoot and image will run as root (${where})`);
  }
  if (!/^\d+$/.test(user)) {
    throw held(
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root (${where})`,
    );
  }
}

function procMount(kind = 'Default'): SecurityConfig {
  if (kind === 'Unmasked') return { maskedPaths: [], readonlyPaths: [] };
  return { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS };
}

function held(message: string): ContainerHeldError {
  return new ContainerHeldError('CreateContainerConfigError', message);
}
