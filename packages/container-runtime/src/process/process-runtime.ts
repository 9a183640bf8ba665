import { randomBytes } from 'node:crypto';
import { mkdir, rename, rmdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Logger, silentLogger } from '@edgecore/api';
import { ExecTimeoutError, RuntimeNotFoundError, RuntimeUnavailableError } from '../errors.js';
import type * as api from '../runtime.js';
import { openAttach } from './attach.js';
import { BoundedBuffer } from './bounded-buffer.js';
import { ContainerEntry } from './container-entry.js';
import { EventHub } from './event-hub.js';
import { openExec } from './exec-session.js';
import { findHostTools, type HostTools } from './host-tools.js';
import { execText, makeSources } from './launch.js';
import { readLog } from './log-reader.js';
import { type ProcessRuntimeOptions, type ProcessSettings, settingsOf } from './options.js';
import { killMarked } from './process-table.js';
import { type ContainerRecord, RecordStore, type SandboxRecord } from './record-store.js';
import { refuseContainer, refuseSandbox } from './refusals.js';
import { lockRoot } from './root-lock.js';
import { SHIM } from './scripts.js';
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
  readonly #log: Logger;
  readonly #tools: HostTools;
  readonly #store: RecordStore;
  readonly #events = new EventHub();
  readonly #sandboxes = new Map<string, SandboxRecord>();
  readonly #containers = new Map<string, ContainerEntry>();
  #opening: Promise<void> | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ProcessRuntimeOptions) {
    this.#settings = settingsOf(options);
    this.#log = options.log ?? silentLogger;
    this.#tools = findHostTools(this.#settings.mounts);
    this.#store = new RecordStore(this.#settings.rootDir);
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
    if (!this.#tools.setsid)
      return { ready: false, reason: 'the program setsid is missing; install util-linux' };
    return this.#open().then(
      () => ({ ready: true }),
      (error: Error) => ({ ready: false, reason: error.message }),
    );
  }

  async listSandboxes(podUid?: string): Promise<api.Sandbox[]> {
    await this.#open();
    const all = [...this.#sandboxes.values()].map(sandboxOf);
    return all.filter(({ pod }) => podUid === undefined || pod.uid === podUid);
  }

  async sandboxStatus(id: string): Promise<api.SandboxStatus> {
    await this.#open();
    return { ...sandboxOf(this.#sandbox(id)), ips: [], network: 'host' };
  }

  /** Only a record: its containers share the host's network, host name and kernel settings. */
  async runSandbox(config: api.SandboxConfig, signal?: AbortSignal): Promise<api.SandboxStatus> {
    await this.#open();
    signal?.throwIfAborted();
    refuseSandbox(config);
    const id = randomBytes(32).toString('hex');
    await this.#saveSandbox({ id, createdAt: Date.now(), config: withoutSecrets(config), stopped: false });
    return this.sandboxStatus(id);
  }

  async stopSandbox(id: string): Promise<void> {
    await this.#open();
    const record = this.#sandboxes.get(id);
    if (!record) return;
    await Promise.all(this.#containersOf(id).map((entry) => entry.stop(0)));
    if (!record.stopped) await this.#saveSandbox({ ...record, stopped: true });
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    for (const { record } of this.#containersOf(id)) await this.removeContainer(record.id);
    await this.#store.remove('sandboxes', id);
    this.#sandboxes.delete(id);
  }

  async listContainers(podUid?: string): Promise<api.Container[]> {
    await this.#open();
    const all = [...this.#containers.values()].map((entry) => entry.container());
    return all.filter(({ pod }) => podUid === undefined || pod.uid === podUid);
  }

  async containerStatus(id: string): Promise<api.ContainerStatus> {
    await this.#open();
    return this.#container(id).status();
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
    await this.#open();
    this.#sandbox(sandboxId);
    const config = this.#withoutOptionalMounts(requested);
    refuseContainer(config, this.#tools);
    const id = randomBytes(32).toString('hex');
    const record = { id, sandboxId, pod, createdAt: Date.now(), config };
    await makeSources(record);
    await this.#store.save('containers', record);
    this.#containers.set(id, this.#entry(record));
    return id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#open();
    const entry = this.#container(id);
    await entry.start();
    this.#publish('started', entry.record);
  }

  async stopContainer(id: string, timeoutMs: number): Promise<void> {
    await this.#open();
    await this.#containers.get(id)?.stop(timeoutMs);
  }

  async removeContainer(id: string): Promise<void> {
    await this.#open();
    const entry = this.#containers.get(id);
    if (!entry) return;
    await entry.stop(0);
    await entry.release();
    await entry.pump.remove();
    // Only when this was the last instance's log.
    if (entry.record.config.logPath) await rmdir(dirname(entry.record.config.logPath)).catch(() => undefined);
    await this.#store.remove('containers', id);
    if (this.#containers.delete(id)) this.#publish('removed', entry.record);
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
    await this.#open();
    const entry = this.#container(id);
    const text = await execText(entry.record, entry.runningPid(), entry.paths, command, this.#tools);
    return openExec(text, options, this.#tools);
  }

  async attach(id: string, options: Omit<api.StreamOptions, 'command'>): Promise<api.StreamSession> {
    await this.#open();
    return openAttach(this.#container(id), options);
  }

  async *logs(id: string, options?: api.LogOptions): AsyncGenerator<api.LogRecord> {
    await this.#open();
    yield* readLog(this.#container(id).pump, options);
  }

  async stats(id: string): Promise<api.ContainerStats> {
    await this.#open();
    return processStats(id, this.#container(id).runningPid());
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

  async imageFilesystem(): ReturnType<api.ContainerRuntime['imageFilesystem']> {
    await this.#open();
    const { bsize, blocks, bavail } = await statfs(this.#settings.rootDir);
    return { path: this.#settings.rootDir, capacityBytes: blocks * bsize, availableBytes: bavail * bsize };
  }

  events(signal: AbortSignal): AsyncIterable<api.RuntimeEvent> {
    const events = this.#events.subscribe(signal);
    // Ends of adopted containers are noticed from the first subscription on, not from the first call.
    this.#open().catch((error: Error) => this.#events.close(error));
    return events;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#opening?.catch(() => undefined);
    clearInterval(this.#timer);
    await Promise.all([...this.#containers.values()].map((entry) => entry.release()));
    this.#events.close(closedError());
    await this.#unlock?.();
  }

  /** Once: takes the directory, reads the records, adopts what runs. A failure is tried again at the next call. */
  #open(): Promise<void> {
    if (this.#closed)
      return this.#opening
        ? this.#opening.then(() => Promise.reject(closedError()))
        : Promise.reject(closedError());
    this.#opening ??= this.#load().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #load(): Promise<void> {
    const { rootDir, checkIntervalMs } = this.#settings;
    await this.#store.prepare();
    this.#unlock = await lockRoot(rootDir);
    await mkdir(join(rootDir, 'bin'), { recursive: true });
    // By rename: running supervisors go on reading the file they were started from.
    await writeFile(`${this.#shimPath}.new`, SHIM, { mode: 0o700 });
    await rename(`${this.#shimPath}.new`, this.#shimPath);
    const sandboxes = await this.#store.load<SandboxRecord>('sandboxes');
    for (const record of sandboxes.records) this.#sandboxes.set(record.id, record);
    for (const id of sandboxes.broken) await this.#store.remove('sandboxes', id);
    const containers = await this.#store.load<ContainerRecord>('containers');
    for (const id of containers.broken) {
      this.#log.warn(`container ${id} has no readable record: ending its processes and removing it`);
      await killMarked(id);
      await this.#store.remove('containers', id);
    }
    for (const record of containers.records) this.#containers.set(record.id, this.#entry(record));
    await Promise.all([...this.#containers.values()].map((entry) => entry.adopt()));
    this.#timer = setInterval(() => {
      for (const entry of this.#containers.values()) entry.check();
    }, checkIntervalMs).unref();
  }

  get #shimPath(): string {
    return join(this.#settings.rootDir, 'bin', 'shim.sh');
  }

  #entry(record: ContainerRecord): ContainerEntry {
    return new ContainerEntry({
      record,
      dir: this.#store.directory('containers', record.id),
      shimPath: this.#shimPath,
      tools: this.#tools,
      settings: this.#settings,
      log: this.#log,
      onExit: () => this.#publish('died', record),
    });
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

  #containersOf(sandboxId: string): ContainerEntry[] {
    return [...this.#containers.values()].filter(({ record }) => record.sandboxId === sandboxId);
  }

  #sandbox(id: string): SandboxRecord {
    const record = this.#sandboxes.get(id);
    if (!record) throw new RuntimeNotFoundError('sandbox', id);
    return record;
  }

  #container(id: string): ContainerEntry {
    const entry = this.#containers.get(id);
    if (!entry) throw new RuntimeNotFoundError('container', id);
    return entry;
  }

  async #saveSandbox(record: SandboxRecord): Promise<void> {
    await this.#store.save('sandboxes', record);
    this.#sandboxes.set(record.id, record);
    this.#events.publish({ type: 'changed', podUid: record.config.pod.uid, containerId: record.id });
  }

  #publish(type: 'started' | 'died' | 'removed', record: ContainerRecord): void {
    this.#events.publish({ type, podUid: record.pod.uid, containerId: record.id });
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

function closedError(): RuntimeUnavailableError {
  return new RuntimeUnavailableError('the process runtime is closed');
}
