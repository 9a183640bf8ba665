import { readFile } from 'node:fs/promises';
import type { SecurityConfig } from '../runtime.js';
import type { HostTools } from './host-tools.js';

/** The line of `/etc/passwd` for a user id. */
async function lookupUser(uid: number): Promise<{ gid: number; home: string } | undefined> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find((line) => line[2] === String(uid));
  return fields && { gid: Number(fields[3]), home: fields[5] || '/' };
}

/** `HOME` for a container that does not set it. */
export async function homeOf(security: SecurityConfig | undefined, tools: HostTools): Promise<string> {
  return (await lookupUser(security?.runAsUser ?? tools.uid))?.home ?? '/';
}

/**
 * The setpriv words that give a command the wanted user, groups and
 * `no_new_privs`; none when nothing is wanted. A user without a group gets its
 * primary group, or the group of the same number: never the agent's group 0.
 */
export async function identityCommand(
  security: SecurityConfig | undefined,
  tools: HostTools,
): Promise<string[]> {
  const { runAsUser, runAsGroup, supplementalGroups = [] } = security ?? {};
  const words: string[] = [];
  if (tools.uid === 0) {
    if (runAsUser !== undefined) words.push('--reuid', String(runAsUser));
    const group =
      runAsGroup ?? (runAsUser === undefined ? undefined : ((await lookupUser(runAsUser))?.gid ?? runAsUser));
    if (group !== undefined) words.push('--regid', String(group));
    if (supplementalGroups.length > 0) words.push('--groups', supplementalGroups.join(','));
    else if (words.length > 0) words.push('--clear-groups');
  }
  if (wantsNoNewPrivileges(security)) words.push('--no-new-privs');
  return words.length > 0 && tools.setpriv ? [tools.setpriv, ...words, '--'] : [];
}

export function wantsNoNewPrivileges(security: SecurityConfig | undefined): boolean {
  const options = security?.securityOptions ?? [];
  return (
    security?.noNewPrivileges === true || options.some((option) => /^no-new-privileges(:true)?$/.test(option))
  );
}
