import { silentLogger } from '@edgecore/api';
import type {
  Container,
  ContainerConfig,
  ContainerDiskUsage,
  ContainerRuntime,
  ContainerStats,
  ContainerStatus,
  ExecOptions,
  ExecResult,
  Image,
  LogOptions,
  LogRecord,
  PullOptions,
  RuntimeCapabilities,
  RuntimeEvent,
  RuntimeStatus,
  RuntimeVersion,
  Sandbox,
  SandboxConfig,
  SandboxStatus,
  StreamOptions,
  StreamSession,
} from '../runtime.js';
import { DEFAULT_SOCKET, parseEngineAddress } from './client/engine-address.js';
import { EngineClient } from './client/engine-client.js';
import { engineText } from './client/engine-error.js';
import { EngineFacts } from './client/engine-facts.js';
import type { EngineVersion } from './client/engine-types.js';
import { DockerContainers } from './containers/docker-containers.js';
import type { DockerContext } from './docker-context.js';
import { dockerDiskUsage } from './docker-disk-usage.js';
import { dockerEvents } from './docker-events.js';
import type { DockerRuntimeOptions } from './docker-options.js';
import { DockerImages } from './images/docker-images.js';
import { OomScores } from './oom-score.js';
import { DockerSandboxes } from './sandbox/docker-sandboxes.js';
import { dockerStats } from './stats/docker-stats.js';
import { KernelStats } from './stats/kernel-stats.js';
import { attachDocker } from './streams/docker-attach.js';
import { execDocker, execStreamDocker } from './streams/docker-exec.js';
import { dockerLogs } from './streams/docker-logs.js';

const DEFAULT_REQUEST_TIMEOUT_MS = 120_000;

/** Pods on a Docker Engine (API 1.41 or later), with dockershim's names and labels. */
export class DockerRuntime implements ContainerRuntime {
  readonly name = 'docker';
  readonly capabilities: RuntimeCapabilities = {
    images: true,
    podNetwork: true,
    hostPorts: true,
    resources: true,
    mounts: true,
    securityContext: true,
    sharedProcessNamespace: true,
  };
  readonly #client: EngineClient;
  readonly #sandboxes: DockerSandboxes;
  readonly #containers: DockerContainers;
  readonly #images: DockerImages;
  readonly #context: DockerContext;
  readonly #kernelStats = new KernelStats();

  /** Connects to nothing yet. @throws {InvalidEngineAddressError} */
  constructor(options: DockerRuntimeOptions = {}) {
    const log = options.log ?? silentLogger;
    this.#client = new EngineClient({
      address: parseEngineAddress(options.host ?? options.socketPath ?? DEFAULT_SOCKET),
      requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
      ...(options.tls ? { tls: options.tls } : {}),
    });
    const cgroupDriver = options.cgroupDriver ?? 'auto';
    this.#context = {
      client: this.#client,
      facts: new EngineFacts(this.#client, cgroupDriver, log),
      oomScores: new OomScores(log),
      options: {
        log,
        cgroupDriver,
        requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
        seccompDefault: options.seccompDefault ?? 'unconfined',
        instance: options.instance ?? '',
        logMaxSize: options.logMaxSize ?? '10m',
        logMaxFiles: options.logMaxFiles ?? 5,
        containerLogsDir: options.containerLogsDir ?? '/var/log/containers',
      },
    };
    this.#images = new DockerImages(this.#client, this.#context.facts);
    this.#sandboxes = new DockerSandboxes(this.#context, this.#images);
    this.#containers = new DockerContainers(this.#context, this.#images);
  }

  async version(): Promise<RuntimeVersion> {
    const { Version } = await this.#client.json<EngineVersion>({ path: '/version' });
    return { runtime: `docker://${Version}`, version: Version };
  }

  async status(): Promise<RuntimeStatus> {
    try {
      await this.version();
      return { ready: true };
    } catch (error) {
      return { ready: false, reason: engineText(error) };
    }
  }

  listSandboxes(podUid?: string): Promise<Sandbox[]> {
    return this.#sandboxes.list(podUid);
  }

  sandboxStatus(id: string): Promise<SandboxStatus> {
    return this.#sandboxes.status(id);
  }

  runSandbox(config: SandboxConfig, signal?: AbortSignal): Promise<SandboxStatus> {
    return this.#sandboxes.run(config, signal);
  }

  stopSandbox(id: string): Promise<void> {
    return this.#sandboxes.stop(id);
  }

  removeSandbox(id: string): Promise<void> {
    return this.#sandboxes.remove(id, (containerId) => this.#containers.remove(containerId));
  }

  listContainers(podUid?: string): Promise<Container[]> {
    return this.#containers.list(podUid);
  }

  containerStatus(id: string): Promise<ContainerStatus> {
    return this.#containers.status(id);
  }

  createContainer(sandboxId: string, sandbox: SandboxConfig, config: ContainerConfig): Promise<string> {
    return this.#containers.create(sandboxId, sandbox, config);
  }

  startContainer(id: string): Promise<void> {
    return this.#containers.start(id);
  }

  stopContainer(id: string, timeoutMs: number): Promise<void> {
    return this.#containers.stop(id, timeoutMs);
  }

  removeContainer(id: string): Promise<void> {
    return this.#containers.remove(id);
  }

  exec(id: string, options: ExecOptions): Promise<ExecResult> {
    return execDocker(this.#client, id, options);
  }

  execStream(id: string, options: StreamOptions): Promise<StreamSession> {
    return execStreamDocker(this.#client, id, options);
  }

  attach(id: string, options: Omit<StreamOptions, 'command'>): Promise<StreamSession> {
    return attachDocker(this.#client, id, options);
  }

  logs(id: string, options: LogOptions = {}): AsyncIterable<LogRecord> {
    return dockerLogs(this.#client, id, options);
  }

  stats(id: string): Promise<ContainerStats> {
    return dockerStats(this.#client, this.#kernelStats, id);
  }

  diskUsage(id: string): Promise<ContainerDiskUsage> {
    return dockerDiskUsage(this.#client, id);
  }

  listImages(): Promise<Image[]> {
    return this.#images.list();
  }

  imageStatus(reference: string): Promise<Image | undefined> {
    return this.#images.status(reference);
  }

  pullImage(reference: string, options?: PullOptions): Promise<Image> {
    return this.#images.pull(reference, options);
  }

  removeImage(id: string): Promise<void> {
    return this.#images.remove(id);
  }

  usedImages(): Promise<ReadonlySet<string>> {
    return this.#images.used();
  }

  imageFilesystem(): Promise<{ path: string; capacityBytes: number; availableBytes: number }> {
    return this.#images.filesystem();
  }

  collectGarbage(): Promise<void> {
    return this.#containers.collectGarbage();
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return dockerEvents(this.#context, signal);
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

/** A runtime on the Docker Engine; it connects with the first request. @throws {InvalidEngineAddressError} */
export function createDockerRuntime(options: DockerRuntimeOptions = {}): DockerRuntime {
  return new DockerRuntime(options);
}
