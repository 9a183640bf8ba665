import { execFile } from 'node:child_process';
import { mkdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ContainerNotRunningError, ContainerStartError } from '../errors.js';
import { type HostTools, unshareCommand } from './host-tools.js';
import { homeOf, identityCommand } from './identity.js';
import { MountPlanError, planMounts } from './mount-plan.js';
import { mountScript } from './mount-script.js';
import type { ContainerRecord } from './record-store.js';
import { environmentScript, execScript, startScript } from './scripts.js';

/** Where the files of one container are. */
export interface ContainerPaths {
  /** The supervisor's own: process, launch, exit, stdout, stderr. */
  readonly run: string;
  /** Environment as shell text; holds secrets, mode 0600. */
  readonly environment: string;
  readonly start: string;
  /** The container's standard input: a FIFO, or a link to /dev/null. */
  readonly stdin: string;
  /** Mount point of the new root; an empty directory outside of the container. */
  readonly root: string;
  readonly logPosition: string;
}

export function containerPaths(dir: string): ContainerPaths {
  return {
    run: join(dir, 'run'),
    environment: join(dir, 'environment.sh'),
    start: join(dir, 'start.sh'),
    stdin: join(dir, 'stdin'),
    root: join(dir, 'root'),
    logPosition: join(dir, 'log.position'),
  };
}

/**
 * Writes what a container's start needs and returns the command line of its
 * supervisor.
 *
 * @throws {ContainerStartError} when a volume cannot be mounted.
 */
export async function prepareLaunch(
  record: ContainerRecord,
  paths: ContainerPaths,
  shimPath: string,
  tools: HostTools,
): Promise<string[]> {
  const { config, id } = record;
  await rm(paths.run, { recursive: true, force: true });
  await mkdir(paths.run, { mode: 0o700 });
  await mkdir(paths.root, { recursive: true });
  await rm(paths.stdin, { force: true });
  // Opened for reading and writing, a FIFO never ends: a terminal whose input ends would hang up.
  if ((config.stdin || config.tty) && tools.mkfifo)
    await promisify(execFile)(tools.mkfifo, ['-m', '600', paths.stdin]);
  else await symlink('/dev/null', paths.stdin);

  // Without a mount namespace only mounts at their own path are left, which need nothing.
  const mounts = tools.mountMode === 'none' ? [] : config.mounts;
  const plan = await planMounts(mounts).catch((error) => {
    if (error instanceof MountPlanError) throw new ContainerStartError(`cannot mount ${error.message}`);
    throw error;
  });
  const environment = environmentScript(id, config, await homeOf(config.security, tools), tools.env);
  await writeFile(paths.environment, environment, { mode: 0o600 });
  const script = startScript({
    runDir: paths.run,
    environmentFile: paths.environment,
    mounts: mountScript(plan, paths.root, tools.uid === 0),
    prefix: [
      ...(plan.newRoot ? [tools.chroot!, paths.root] : []),
      ...(await identityCommand(config.security, tools)),
    ],
    command: [...config.command, ...config.args],
    oomScoreAdj: Math.max(0, config.resources.oomScoreAdj ?? 0),
    ...(config.tty && { terminal: tools.script }),
  });
  await writeFile(paths.start, script, { mode: 0o600 });
  const namespace = mounts.length > 0 ? unshareCommand(tools, plan.propagation) : [];
  return ['/bin/sh', shimPath, paths.run, paths.stdin, tools.setsid!, ...namespace, '/bin/sh', paths.start];
}

/**
 * Shell text that runs a command beside the container's own: same mounts,
 * user, environment and working directory.
 *
 * @throws {ContainerNotRunningError} when the container has just ended.
 */
export async function execText(
  record: ContainerRecord,
  pid: number,
  paths: ContainerPaths,
  command: readonly string[],
  tools: HostTools,
): Promise<string> {
  const identity = await identityCommand(record.config.security, tools);
  const own = await readlink('/proc/self/ns/mnt');
  const its = await readlink(`/proc/${pid}/ns/mnt`).catch(() => {
    throw new ContainerNotRunningError(record.config.name);
  });
  const enter =
    own === its
      ? []
      : [
          tools.nsenter!,
          `--target=${pid}`,
          ...(tools.mountMode === 'userns' ? ['--user', '--preserve-credentials'] : []),
          '--mount',
          '--root',
          // Of the process itself: a directory named here would be one of this namespace.
          '--wd',
          '--',
        ];
  return execScript([...enter, ...identity], paths.environment, command);
}

/** A volume's missing host directory is made, as container engines do for bind mounts. */
export async function makeSources(record: ContainerRecord): Promise<void> {
  for (const { hostPath } of record.config.mounts) {
    await stat(hostPath).catch(() => mkdir(hostPath, { recursive: true, mode: 0o755 }));
  }
}
