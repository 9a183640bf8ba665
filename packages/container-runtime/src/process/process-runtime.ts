import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { silentLogger } from '@edgecore/api';
import { ExecTimeoutError } from '../errors.js';
import type * as api from '../runtime.js';
import { openAttach } from './attach.js';
import { BoundedBuffer } from './bounded-buffer.js';
import { EventHub } from './event-hub.js';
import { openExec } from './exec-session.js';
import { findHostTools, type HostTools } from './host-tools.js';
import { closedError, Inventory } from './inventory.js';
import { execText, makeSources } from './launch.js';
import { type ProcessRuntimeOptions, type ProcessSettings, settingsOf } from './options.js';
import type { SandboxRecord } from './record-store.js';
import { MISSING_SETSID, refuseContainer, refuseSandbox } from './refusals.js';
import { processStats } from './stats.js';

const EXEC_OUTPUT_BYTES = 1024 * 1024;

/**
 * Pods as plain processes of the host, for machines without a container
 * engine. Each container is a session and process group of its own under a
 * small shell that outlives the agent; all state is files below `rootDir`.
 * Images are names only: the command runs from the host's file system.
 */
export class ProcessRuntime implements api.ContainerRuntime {
  readonly name = 'process';
  readonly capabilities: api.RuntimeCapabilities;
  readonly #settings: ProcessSettings;
  readonly #tools: HostTools;
  readonly #events = new EventHub();
  readonly #inventory: Inventory;

  constructor(options: ProcessRuntimeOptions) {
    this.#settings = settingsOf(options);
    this.#tools = findHostTools(this.#settings.mounts);
    this.#inventory = new Inventory({
      settings: this.#settings,
      tools: this.#tools,
      log: options.log ?? silentLogger,
      publish: (event) => this.#events.publish(event),
    });
    this.capabilities = {
      images: false,
      podNetwork: false,
      hostPorts: false,
      resources: false,
      mounts: this.#tools.mountMode !== 'none',
      securityContext: false,
      sharedProcessNamespace: false,
    };
  }

  async version(): Promise<api.RuntimeVersion> {
    return { runtime: 'process://1.0', version: '1.0' };
  }

  async status(): Promise<api.RuntimeStatus> {
    if (!this.#tools.setsid) return { ready: false, reason: MISSING_SETSID };
    return this.#inventory.open().then(
      () => ({ ready: true }),
      (error: Error) => ({ ready: false, reason: error.message }),
    );
  }

  async listSandboxes(podUid?: string): Promise<api.Sandbox[]> {
    await this.#inventory.open();
    const all = this.#inventory.sandboxes().map(sandboxOf);
    return all.filter(({ pod }) => podUid === undefined || pod.uid === podUid);
  }

  async sandboxStatus(id: string): Promise<api.SandboxStatus> {
    await this.#inventory.open();
    return { ...sandboxOf(this.#inventory.sandbox(id)), ips: [], network: 'host' };
  }

  /** Only a record: its containers share the host's network, host name and kernel settings. */
  async runSandbox(config: api.SandboxConfig, signal?: AbortSignal): Promise<api.SandboxStatus> {
    await this.#inventory.open();
    signal?.throwIfAborted();
    refuseSandbox(config);
    const id = randomBytes(32).toString('hex');
    await this.#inventory.saveSandbox({
      id,
      createdAt: Date.now(),
      config: withoutSecrets(config),
      stopped: false,
    });
    return this.sandboxStatus(id);
  }

  async stopSandbox(id: string): Promise<void> {
    await this.#inventory.open();
    const record = this.#inventory.findSandbox(id);
    if (!record) return;
    await Promise.all(this.#inventory.containers(id).map((entry) => entry.stop(0)));
    if (!record.stopped) await this.#inventory.saveSandbox({ ...record, stopped: true });
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    for (const { record } of this.#inventory.containers(id)) await this.removeContainer(record.id);
    await this.#inventory.removeSandbox(id);
  }

  async listContainers(podUid?: string): Promise<api.Container[]> {
    await this.#inventory.open();
    const all = this.#inventory.containers().map((entry) => entry.container());
    return all.filter(({ pod }) => podUid === undefined || pod.uid === podUid);
  }

  async containerStatus(id: string): Promise<api.ContainerStatus> {
    await this.#inventory.open();
    return this.#inventory.container(id).status();
  }

  /**
   * @throws {UnsupportedByRuntimeError} naming the field that asks for what plain processes do not have.
   * @throws {ContainerCreateError} without a command.
   */
  async createContainer(
    sandboxId: string,
    { pod }: api.SandboxConfig,
    requested: api.ContainerConfig,
  ): Promise<string> {
    await this.#inventory.open();
    this.#inventory.sandbox(sandboxId);
    const config = this.#withoutOptionalMounts(requested);
    refuseContainer(config, this.#tools);
    const id = randomBytes(32).toString('hex');
    const record = { id, sandboxId, pod, createdAt: Date.now(), config };
    await makeSources(record);
    await this.#inventory.addContainer(record);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#inventory.open();
    const entry = this.#inventory.container(id);
    await entry.start();
    this.#inventory.publish('started', entry.record);
  }

  async stopContainer(id: string, timeoutMs: number): Promise<void> {
    await this.#inventory.open();
    await this.#inventory.findContainer(id)?.stop(timeoutMs);
  }

  async removeContainer(id: string): Promise<void> {
    await this.#inventory.open();
    const entry = this.#inventory.findContainer(id);
    if (!entry) return;
    await entry.stop(0);
    await entry.release();
    await this.#inventory.removeContainer(entry);
  }

  async exec(id: string, { command, timeoutMs = 0, signal }: api.ExecOptions): Promise<api.ExecResult> {
    const stdout = new BoundedBuffer(EXEC_OUTPUT_BYTES);
    const stderr = new BoundedBuffer(EXEC_OUTPUT_BYTES);
    const timeout = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined;
    const signals = [signal, timeout].filter((one) => one !== undefined);
    const either = signals.length > 0 ? AbortSignal.any(signals) : undefined;
    try {
      const session = await this.execStream(id, { command, stdout, stderr, signal: either });
      const exitCode = await session.done;
      return { exitCode, stdout: stdout.take(), stderr: stderr.take() };
    } catch (error) {
      if (timeout?.aborted && !signal?.aborted) throw new ExecTimeoutError(timeoutMs);
      throw error;
    }
  }

  async execStream(id: string, { command, ...options }: api.StreamOptions): Promise<api.StreamSession> {
    await this.#inventory.open();
    const entry = this.#inventory.container(id);
    const text = await execText(entry.record, await entry.runningPid(), entry.paths, command, this.#tools);
    return openExec(text, options, this.#tools);
  }

  async attach(id: string, options: Omit<api.StreamOptions, 'command'>): Promise<api.StreamSession> {
    await this.#inventory.open();
    return openAttach(this.#inventory.container(id), options);
  }

  async *logs(id: string, options?: api.LogOptions): AsyncGenerator<api.LogRecord> {
    await this.#inventory.open();
    yield* this.#inventory.container(id).logs(options);
  }

  async stats(id: string): Promise<api.ContainerStats> {
    await this.#inventory.open();
    return processStats(id, await this.#inventory.container(id).runningPid());
  }

  /** Nothing: processes write into the host's files, and their logs are those of the pod's log directory. */
  async diskUsage(id: string): Promise<api.ContainerDiskUsage> {
    await this.#inventory.open();
    this.#inventory.container(id);
    return { writableBytes: 0, logBytes: 0 };
  }

  /** None: there is no image store. */
  async listImages(): Promise<api.Image[]> {
    return [];
  }

  /** Every name counts as present, so that no pull policy gets in the way. */
  async imageStatus(reference: string): Promise<api.Image> {
    return { id: reference, tags: [reference], digests: [], sizeBytes: 0, user: '' };
  }

  async pullImage(reference: string): Promise<api.Image> {
    return this.imageStatus(reference);
  }

  async removeImage(): Promise<void> {}

  async usedImages(): Promise<ReadonlySet<string>> {
    return new Set();
  }

  async imageFilesystem(): ReturnType<api.ContainerRuntime['imageFilesystem']> {
    await this.#inventory.open();
    const { bsize, blocks, bavail } = await statfs(this.#settings.rootDir);
    return { path: this.#settings.rootDir, capacityBytes: blocks * bsize, availableBytes: bavail * bsize };
  }

  /** Nothing: logs are files of the pod's directory. */
  async collectGarbage(): Promise<void> {}

  events(signal: AbortSignal): AsyncIterable<api.RuntimeEvent> {
    const events = this.#events.subscribe(signal);
    // Ends of adopted containers are noticed from the first subscription on, not from the first call.
    this.#inventory.open().catch((error: Error) => this.#events.close(error));
    return events;
  }

  async close(): Promise<void> {
    await this.#inventory.close();
    this.#events.close(closedError());
  }

  /**
   * Without mounts a pod can still run without the kubelet's own two files: it
   * sees the host's `/etc/hosts` and has no termination message.
   */
  #withoutOptionalMounts(config: api.ContainerConfig): api.ContainerConfig {
    if (this.capabilities.mounts) return config;
    const optional = ['/etc/hosts', config.meta.terminationMessagePath];
    return {
      ...config,
      mounts: config.mounts.filter(({ containerPath }) => !optional.includes(containerPath)),
    };
  }
}

/** A runtime on `options.rootDir`; nothing is read or written before its first use. */
export function createProcessRuntime(options: ProcessRuntimeOptions): ProcessRuntime {
  return new ProcessRuntime(options);
}

function sandboxOf({ id, createdAt, stopped, config }: SandboxRecord): api.Sandbox {
  const { pod, attempt, labels, annotations } = config;
  return { id, pod, attempt, state: stopped ? 'notReady' : 'ready', createdAt, labels, annotations };
}

/** Registry credentials are of no use here and must not be kept on disk. */
function withoutSecrets({ auths: _auths, ...config }: api.SandboxConfig): api.SandboxConfig {
  return config;
}
