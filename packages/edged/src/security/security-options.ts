import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerHeldError } from '../errors.js';
import type { Container, Pod } from '../kube-types.js';
import { appArmorProfile } from './app-armor.js';

export interface SeccompDefaults {
  /** Directory of `Localhost` profiles: `<root>/seccomp`. */
  readonly profileDirectory: string;
  /** What applies when a pod names no profile. */
  readonly fallback: 'RuntimeDefault' | 'Unconfined';
}

/** `--security-opt` values: seccomp, AppArmor, SELinux (edged.md §6.4). */
export async function securityOptions(
  pod: Pod,
  container: Container | undefined,
  seccomp: SeccompDefaults,
): Promise<string[]> {
  const own = container?.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const selinux = own.seLinuxOptions ?? shared.seLinuxOptions ?? {};
  const apparmor = container ? appArmorProfile(pod, container) : undefined;
  return [
    ...(await seccompOption(own.seccompProfile ?? shared.seccompProfile, seccomp)),
    ...(apparmor ? [`apparmor=${apparmor}`] : []),
    ...(['user', 'role', 'type', 'level'] as const).flatMap((key) =>
      selinux[key] ? [`label=${key}:${selinux[key]}`] : [],
    ),
  ];
}

async function seccompOption(
  profile: { type: string; localhostProfile?: string } | undefined,
  { profileDirectory, fallback }: SeccompDefaults,
): Promise<string[]> {
  const type = profile?.type ?? fallback;
  // Saying nothing gives the engine's own profile: the runtime adds no default to a given list.
  if (type === 'RuntimeDefault') return [];
  if (type === 'Unconfined') return ['seccomp=unconfined'];
  const path = profile?.localhostProfile ?? '';
  if (path === '' || path.startsWith('/') || path.split('/').includes('..')) {
    throw held(`localhostProfile "${path}" must be a path below ${profileDirectory}`);
  }
  try {
    const text = await readFile(join(profileDirectory, path), 'utf8');
    return [`seccomp=${JSON.stringify(JSON.parse(text))}`];
  } catch (error) {
    throw held(`cannot load seccomp profile "${join(profileDirectory, path)}"`, error);
  }
}

function held(message: string, cause?: unknown): ContainerHeldError {
  return new ContainerHeldError('CreateContainerConfigError', message, { cause });
}
