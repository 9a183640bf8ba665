import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The search path of supervisors, and of containers whose pod sets none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How this host lets a container have mounts of its own. */
export type MountMode = 'none' | 'root' | 'userns';

/** What was found on the host when the runtime was made. */
export interface HostTools {
  readonly mountMode: MountMode;
  readonly uid: number;
  readonly setsid: string | undefined;
  readonly unshare: string | undefined;
  readonly nsenter: string | undefined;
  readonly chroot: string | undefined;
  /** util-linux's setpriv; busybox's cannot change the user. */
  readonly setpriv: string | undefined;
  readonly script: string | undefined;
  readonly stty: string | undefined;
  readonly mkfifo: string | undefined;
  readonly fallocate: string | undefined;
  readonly env: string;
}

/** Looks for the few host programs the runtime leans on and tries out a mount namespace. Takes some 10 ms. */
export function findHostTools(mounts: 'auto' | 'off'): HostTools {
  const uid = process.getuid?.() ?? 0;
  const unshare = findTool('unshare');
  const nsenter = findTool('nsenter');
  const chroot = findTool('chroot');
  const setpriv = findTool('setpriv');
  const complete = unshare && nsenter && chroot && findTool('mount');
  return {
    mountMode: mounts === 'auto' && complete ? probeMounts(unshare, uid) : 'none',
    uid,
    setsid: findTool('setsid'),
    unshare,
    nsenter,
    chroot,
    setpriv: setpriv && succeeds(setpriv, ['--no-new-privs', '--', 'true']) ? setpriv : undefined,
    script: findTool('script'),
    stty: findTool('stty'),
    mkfifo: findTool('mkfifo'),
    fallocate: findTool('fallocate'),
    env: findTool('env') ?? '/usr/bin/env',
  };
}

/** The words that put a command into a mount namespace of its own. */
export function unshareCommand(tools: HostTools, propagation: 'private' | 'slave'): string[] {
  if (tools.mountMode === 'none' || !tools.unshare) return [];
  return [tools.unshare, ...unshareFlags(tools.mountMode), '--propagation', propagation, '--'];
}

function unshareFlags(mode: 'root' | 'userns'): string[] {
  return mode === 'root' ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
}

function probeMounts(unshare: string, uid: number): MountMode {
  const mode = uid === 0 ? 'root' : 'userns';
  // A tmpfs, a bind mount and its read-only remount: some container hosts allow the namespace but not the mounts.
  const trial =
    'mount -t tmpfs none /tmp && mkdir /tmp/a && mount --bind /tmp/a /tmp/a && mount -o remount,bind,ro /tmp/a';
  const flags = [...unshareFlags(mode), '--propagation', 'private', '--'];
  return succeeds(unshare, [...flags, '/bin/sh', '-c', trial]) ? mode : 'none';
}

function findTool(name: string): string | undefined {
  return DEFAULT_PATH.split(':')
    .map((dir) => join(dir, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function succeeds(file: string, args: readonly string[]): boolean {
  const env = { PATH: DEFAULT_PATH, LC_ALL: 'C' };
  return spawnSync(file, args, { stdio: 'ignore', timeout: 10_000, env, cwd: '/' }).status === 0;
}
