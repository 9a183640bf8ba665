import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ContainerRuntime, createDockerRuntime } from '@edgecore/container-runtime';
import { BUSYBOX_IMAGE, docker, ensureTestImages, PAUSE_IMAGE, tempDir } from '@edgecore/testing';
import type { Container, PodSpec } from '../../src/kube-types.js';
import { mountPoints } from '../../src/volumes/mount-table.js';
import { Harness, type HarnessOptions, type PodObject, podObject } from './harness.js';
import { isolatedRuntime } from './isolated-runtime.js';

/** Edged on the real engine, in a namespace of its own that nothing else on this machine uses. */
export class DockerFixture {
  readonly namespace = `t-${randomBytes(4).toString('hex')}`;
  readonly #harnesses: Harness[] = [];
  readonly #runtimes: ContainerRuntime[] = [];
  readonly #images: string[] = [];
  readonly directory: string;
  #pods = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<DockerFixture> {
    await ensureTestImages();
    return new DockerFixture(await tempDir('edged-'));
  }

  /** A further call is a further agent on the same directory: stop the one before it first. */
  async start(options: Partial<HarnessOptions> = {}): Promise<Harness> {
    const engine = createDockerRuntime({ containerLogsDir: `${this.directory}/container-logs` });
    this.#runtimes.push(engine);
    const runtime = isolatedRuntime(engine, this.namespace);
    const harness = new Harness({
      runtime,
      directory: this.directory,
      sandboxImage: PAUSE_IMAGE,
      ...options,
    });
    this.#harnesses.push(harness);
    return harness;
  }

  /** A pod with one container `c`, unless the spec names others. */
  pod(
    container: Partial<Container> = {},
    spec: Partial<PodSpec> = {},
    metadata: Partial<PodObject['metadata']> = {},
  ) {
    const name = `p${++this.#pods}`;
    const containers = [
      {
        name: 'c',
        image: BUSYBOX_IMAGE,
        imagePullPolicy: 'IfNotPresent',
        command: ['sleep', '600'],
        ...container,
      },
    ];
    return podObject({ containers, ...spec }, { name, namespace: this.namespace, ...metadata });
  }

  /** `docker inspect` of a container of a pod; `POD` is the sandbox. */
  async inspect(pod: PodObject, container = 'c', instance = 0): Promise<DockerInspect> {
    return JSON.parse(
      await docker('inspect', this.containerName(pod, container, instance)),
    )[0] as DockerInspect;
  }

  containerName({ metadata }: PodObject, container = 'c', instance = 0): string {
    return `k8s_${container}_${metadata.name}_${metadata.namespace}_${metadata.uid}_${instance}`;
  }

  exec(pod: PodObject, ...command: string[]): Promise<string> {
    return docker('exec', this.containerName(pod), ...command);
  }

  logs(pod: PodObject, container = 'c', instance = 0): Promise<string> {
    return docker('logs', this.containerName(pod, container, instance));
  }

  /** Another name of an image, taken away by {@link close}; `changes` are Dockerfile lines that make it another image. */
  async image(name: string, changes: readonly string[] = [], from = BUSYBOX_IMAGE): Promise<string> {
    if (changes.length === 0) await docker('tag', from, name);
    else {
      const draft = await docker('create', from, 'none');
      await docker('commit', ...changes.flatMap((line) => ['--change', line]), draft, name);
      await docker('rm', draft);
    }
    this.#images.push(name);
    return name;
  }

  /** Names of all containers of this fixture, dead ones included. */
  async containers(): Promise<string[]> {
    const label = `label=io.kubernetes.pod.namespace=${this.namespace}`;
    const names = await docker('ps', '-a', '--filter', label, '--format', '{{.Names}}');
    return names.split('\n').filter((name) => name !== '');
  }

  /** Mounts below the fixture's directory. */
  async mounts(): Promise<string[]> {
    return (await mountPoints()).filter((path) => path.startsWith(this.directory));
  }

  /** Directories and files of pods on disk. */
  files(): string[] {
    return ['root/pods', 'logs', 'container-logs'].flatMap((directory) =>
      readdirSync(join(this.directory, directory)),
    );
  }

  /** Removes everything, whatever else fails on the way; the first failure is thrown at the end. */
  async close(): Promise<void> {
    const results = [
      ...(await Promise.allSettled(this.#harnesses.map((harness) => harness.stop()))),
      ...(await Promise.allSettled(this.#runtimes.map((runtime) => runtime.close()))),
    ];
    // Somebody else may be removing one of them right now.
    for (const name of await this.containers()) await docker('rm', '-f', name).catch(() => undefined);
    for (const image of this.#images) await docker('rmi', image).catch(() => undefined);
    for (const mount of (await this.mounts()).reverse()) await unmount(mount);
    await rm(this.directory, { recursive: true, force: true });
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

const unmount = (path: string) => promisify(execFile)('umount', [path]);

/** The part of `docker inspect` the tests look at. */
export interface DockerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly FinishedAt: string;
  };
  readonly RestartCount: number;
  readonly Config: {
    readonly Hostname: string;
    readonly User: string;
    readonly Env: readonly string[];
    readonly Cmd: readonly string[] | null;
    readonly Entrypoint: readonly string[] | null;
    readonly WorkingDir: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly OpenStdin: boolean;
    readonly StdinOnce: boolean;
    readonly Tty: boolean;
  };
  readonly HostConfig: {
    readonly Binds: readonly string[] | null;
    readonly NetworkMode: string;
    readonly PidMode: string;
    readonly IpcMode: string;
    readonly UTSMode: string;
    readonly CpuShares: number;
    readonly CpuQuota: number;
    readonly CpuPeriod: number;
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly OomScoreAdj: number;
    readonly CgroupParent: string;
    readonly GroupAdd: readonly string[] | null;
    readonly Privileged: boolean;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly ReadonlyRootfs: boolean;
    readonly SecurityOpt: readonly string[] | null;
    readonly Sysctls: Readonly<Record<string, string>> | null;
    readonly PortBindings: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[]>> | null;
    readonly ShmSize: number;
  };
}
