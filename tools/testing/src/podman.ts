import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { endChild, hasEnded } from './child.js';
import { docker } from './docker.js';
import { eventually } from './temp.js';

const PROGRAM = '/usr/bin/podman';

export interface PodmanOptions {
  /**
   * `own`: a network namespace of its own, so that bridge and firewall rules go with it. `host`: to reach servers
   * on loopback; containers would leave a bridge behind, so run none. @default 'own'
   */
  readonly network?: 'own' | 'host';
  /** `host:port` of registries that speak plain HTTP; Podman, other than Docker, tries only TLS on loopback. */
  readonly insecureRegistries?: readonly string[];
}

export interface Podman {
  readonly socketPath: string;
  /** For `DOCKER_HOST` and `docker(…)`. */
  readonly host: string;
  /** Ends the service and what runs under it, and removes all it has made. */
  close(): Promise<void>;
}

/** `describe` where Podman is installed and this process is root, a visibly skipped block elsewhere. */
export function withPodman(): (name: string, body: () => void) => void {
  const usable = existsSync(PROGRAM) && process.getuid?.() === 0;
  if (!usable && process.env['CI'] === 'true') {
    throw new Error(
      'podman is not installed or this is not root, and CI=true does not allow skipping; on Debian: apt-get install podman',
    );
  }
  return usable ? describe : describe.skip;
}

/** A Podman with storage and network of its own, and its Docker-compatible socket. */
export async function startPodman({
  network = 'own',
  insecureRegistries = [],
}: PodmanOptions = {}): Promise<Podman> {
  // Removed by `close`, not by `tempDir`: containers that still run have it mounted.
  const directory = await mkdtemp(join(tmpdir(), 'podman-'));
  const path = (name: string) => join(directory, name);
  const networkName = `edgecore-test-${randomBytes(6).toString('hex')}`;
  await mkdir(path('net'), { recursive: true });
  await writeFile(path('containers.conf'), await containersConf(directory, networkName));
  await writeFile(path('registries.conf'), registriesConf(insecureRegistries));
  const env = {
    ...process.env,
    CONTAINERS_CONF: path('containers.conf'),
    CONTAINERS_REGISTRIES_CONF: path('registries.conf'),
    // Of the user who runs the tests: credentials the tests do not expect.
    REGISTRY_AUTH_FILE: path('auth.json'),
  };
  await writeFile(path('auth.json'), '{}');
  // No copy-on-write file system: it works wherever the tests do, and leaves no mounts.
  const storage = ['--root', path('root'), '--runroot', path('run'), '--tmpdir', path('tmp')];
  const program = [PROGRAM, ...storage, '--storage-driver', 'vfs'];
  const socketPath = path('podman.sock');
  const host = `unix://${socketPath}`;
  const [command, ...args] = [
    ...(network === 'own' ? ['unshare', '--net'] : []),
    ...program,
    ...['system', 'service', '--time=0', host],
  ];
  const log = await open(path('service.log'), 'w');
  const service = spawn(command!, args, { env, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  // A test file that fails before it closes this must not keep jest waiting.
  service.unref();

  const close = async () => {
    if (network === 'own' && !hasEnded(service)) await removeContainers(host);
    await endChild(service, 'SIGKILL');
    await killThoseOf(directory);
    await rm(`/var/lib/cni/networks/${networkName}`, { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await eventually(() => {
      if (hasEnded(service)) throw new Error(`podman ended with code ${service.exitCode}`);
      return docker('--host', host, 'version');
    });
  } catch (error) {
    const output = await readFile(path('service.log'), 'utf8');
    await close();
    throw new Error(`podman did not come up: ${output}`, { cause: error });
  }
  return { socketPath, host, close };
}

/** Everything a machine's own configuration could make different. */
async function containersConf(directory: string, networkName: string): Promise<string> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const hard = (name: string) =>
    Math.min(4096, Number(new RegExp(`^${name} +\\S+ +(\\d+)`, 'm').exec(limits)?.[1] ?? 4096));
  // Podman raises these limits for containers, which a machine without CAP_SYS_RESOURCE does not allow.
  const [files, processes] = [hard('Max open files'), hard('Max processes')];
  return `
[containers]
default_ulimits = ["nofile=${files}:${files}", "nproc=${processes}:${processes}"]
log_driver = "k8s-file"
[network]
default_network = "${networkName}"
network_config_dir = "${join(directory, 'net')}"
[engine]
cgroup_manager = "cgroupfs"
exit_command_delay = 10
events_logger = "file"
events_logfile_path = "${join(directory, 'events')}"
`;
}

function registriesConf(insecure: readonly string[]): string {
  return insecure.map((location) => `[[registry]]\nlocation = "${location}"\ninsecure = true\n`).join('');
}

/** Containers outlive the service. A sandbox goes only after those that use it, so it takes two rounds. */
async function removeContainers(host: string): Promise<void> {
  await eventually(async () => {
    const ids = await docker('--host', host, 'ps', '-aq');
    if (ids !== '') await docker('--host', host, 'rm', '-fv', ...ids.split('\n'));
    return ids === '';
  });
}

/** Podman keeps a process for each exec for some time; it would write into a directory that is gone. */
async function killThoseOf(directory: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes(`${directory}/`)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Ended by itself meanwhile.
    }
  }
}
