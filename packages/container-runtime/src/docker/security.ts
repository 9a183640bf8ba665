import type { SecurityConfig } from '../runtime.js';

/** What containers whose `securityOptions` are not given get: kubelet's default is no seccomp profile at all. */
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
  { noNewPrivileges, securityOptions }: SecurityConfig,
  seccompDefault: SeccompDefault,
): string[] {
  // Whoever gives options has decided about seccomp too: none means the engine's own profile.
  const fallback = seccompDefault === 'unconfined' ? ['seccomp=unconfined'] : [];
  return [...(securityOptions ?? fallback), ...(noNewPrivileges ? ['no-new-privileges'] : [])];
}
