import type { SecurityConfig } from '../runtime.js';

/** What an unset seccomp profile means: kubelet's default is no profile at all. */
export type SeccompDefault = 'unconfined' | 'RuntimeDefault';

/** Part of a create request: `Config` fields and `HostConfig` fields. */
export interface SecurityFields {
  readonly config: { readonly User?: string };
  readonly host: {
    readonly Privileged?: boolean;
    readonly ReadonlyRootfs?: boolean;
    readonly CapAdd?: readonly string[];
    readonly CapDrop?: readonly string[];
    readonly GroupAdd?: readonly string[];
    readonly MaskedPaths?: readonly string[];
    readonly ReadonlyPaths?: readonly string[];
    readonly SecurityOpt?: readonly string[];
  };
}

/** A securityContext as Docker wants it (edged.md §6.4). */
export function securityFields(
  security: SecurityConfig = {},
  seccompDefault: SeccompDefault,
): SecurityFields {
  const { capabilities, supplementalGroups = [], privileged, maskedPaths, readonlyPaths } = security;
  const user = userOf(security);
  const options = securityOptions(security, seccompDefault);
  return {
    config: user === undefined ? {} : { User: user },
    host: {
      ...(privileged ? { Privileged: true } : {}),
      ...(security.readOnlyRootFilesystem ? { ReadonlyRootfs: true } : {}),
      ...(capabilities?.add?.length ? { CapAdd: capabilities.add } : {}),
      ...(capabilities?.drop?.length ? { CapDrop: capabilities.drop } : {}),
      ...(supplementalGroups.length > 0 ? { GroupAdd: supplementalGroups.map(String) } : {}),
      // The engine refuses to mask paths of a privileged container.
      ...(maskedPaths && !privileged ? { MaskedPaths: maskedPaths } : {}),
      ...(readonlyPaths && !privileged ? { ReadonlyPaths: readonlyPaths } : {}),
      ...(options.length > 0 ? { SecurityOpt: options } : {}),
    },
  };
}

function userOf({ runAsUser, runAsUserName, runAsGroup }: SecurityConfig): string | undefined {
  const user = runAsUser === undefined ? runAsUserName : String(runAsUser);
  if (user === undefined || user === '') return undefined;
  return runAsGroup === undefined ? user : `${user}:${runAsGroup}`;
}

function securityOptions(
  { noNewPrivileges, securityOptions = [] }: SecurityConfig,
  seccompDefault: SeccompDefault,
): string[] {
  // `seccomp=runtime/default` is how a pod asks for the engine's own profile: saying nothing gives it.
  const wantsDefault = securityOptions.includes(ENGINE_SECCOMP);
  const options = securityOptions.filter((option) => option !== ENGINE_SECCOMP);
  const chosen = wantsDefault || options.some((option) => option.startsWith('seccomp='));
  if (!chosen && seccompDefault === 'unconfined') options.push('seccomp=unconfined');
  if (noNewPrivileges) options.push('no-new-privileges');
  return options;
}

/** In `SecurityConfig.securityOptions`: the engine's own seccomp profile, whatever the default is. */
export const ENGINE_SECCOMP = 'seccomp=runtime/default';
