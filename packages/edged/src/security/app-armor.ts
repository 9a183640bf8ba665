import { readFileSync } from 'node:fs';
import type { Container, Pod } from '../kube-types.js';

/** What AppArmor can do on this node. */
export interface AppArmorHost {
  readonly enabled: boolean;
  /** Names of the loaded profiles; `undefined` when they may not be read here. */
  readonly profiles: ReadonlySet<string> | undefined;
}

const ENABLED = '/sys/module/apparmor/parameters/enabled';
const PROFILES = '/sys/kernel/security/apparmor/profiles';

/** Asks the kernel. Root may read the profiles; a container only with securityfs mounted. */
export function readAppArmorHost(): AppArmorHost {
  const lines = textOf(PROFILES)?.split('\n');
  // A line is `<name> (<mode>)`.
  const names = lines?.map((line) => line.replace(/ \([^)]*\)$/, '')).filter((name) => name !== '');
  return { enabled: textOf(ENABLED)?.trim() === 'Y', profiles: names && new Set(names) };
}

/** The profile to ask the engine for; `undefined` for the engine's own (edged.md §6.4). */
export function appArmorProfile({ metadata, spec }: Pod, container: Container): string | undefined {
  const profile = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
  if (profile?.type === 'Unconfined') return 'unconfined';
  if (profile?.type === 'Localhost') return profile.localhostProfile;
  if (profile) return undefined;
  const annotation =
    metadata.annotations?.[`container.apparmor.security.beta.kubernetes.io/${container.name}`] ?? '';
  if (annotation === 'unconfined') return annotation;
  return annotation.startsWith('localhost/') ? annotation.slice('localhost/'.length) : undefined;
}

/**
 * Why this node cannot confine the pod as it asks, `undefined` when it can.
 *
 * @param host Asked only when the pod names a profile.
 */
export function appArmorObstacle(pod: Pod, host: () => AppArmorHost): string | undefined {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const wanted = containers.flatMap((container) => {
    const name = appArmorProfile(pod, container);
    return name === undefined || name === 'unconfined' ? [] : [name];
  });
  if (wanted.length === 0) return undefined;
  const { enabled, profiles } = host();
  if (!enabled) return 'Cannot enforce AppArmor: AppArmor is not enabled on the host';
  const missing = profiles && wanted.find((name) => !profiles.has(name));
  if (missing === undefined) return undefined;
  return `Cannot enforce AppArmor: profile "${missing}" is not loaded; load it on the node with apparmor_parser`;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
