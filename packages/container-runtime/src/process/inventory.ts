import { mkdir, rename, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@edgecore/api';
import { RuntimeNotFoundError, RuntimeUnavailableError } from '../errors.js';
import type { RuntimeEvent } from '../runtime.js';
import { ContainerEntry } from './container-entry.js';
import type { HostTools } from './host-tools.js';
import type { ProcessSettings } from './options.js';
import { killMarked } from './process-table.js';
import { type ContainerRecord, RecordStore, type SandboxRecord } from './record-store.js';
import { lockRoot } from './root-lock.js';
import { SHIM } from './scripts.js';

export interface InventoryOptions {
  readonly settings: ProcessSettings;
  readonly tools: HostTools;
  readonly log: Logger;
  readonly publish: (event: RuntimeEvent) => void;
}

/** What there is, in memory and on disk alike; opened lazily, since a constructor must not touch the disk. */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #store: RecordStore;
  readonly #sandboxes = new Map<string, SandboxRecord>();
  readonly #containers = new Map<string, ContainerEntry>();
  #opening: Promise<void> | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.#store = new RecordStore(options.settings.rootDir);
  }

  /**
   * Once: takes the directory, reads the records, adopts what runs. A failure is tried again at the next call.
   * @throws {RuntimeUnavailableError} when another agent has the directory, or after {@link close}.
   */
  async open(): Promise<void> {
    if (this.#closed) throw closedError();
    this.#opening ??= this.#load().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Lets go of everything; containers run on. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#opening?.catch(() => undefined);
    clearInterval(this.#timer);
    await Promise.all(this.containers().map((entry) => entry.release()));
    await this.#unlock?.();
  }

  sandboxes(): SandboxRecord[] {
    return [...this.#sandboxes.values()];
  }

  findSandbox(id: string): SandboxRecord | undefined {
    return this.#sandboxes.get(id);
  }

  /** @throws {RuntimeNotFoundError} */
  sandbox(id: string): SandboxRecord {
    const record = this.#sandboxes.get(id);
    if (!record) throw new RuntimeNotFoundError('sandbox', id);
    return record;
  }

  async saveSandbox(record: SandboxRecord): Promise<void> {
    await this.#store.save('sandboxes', record);
    this.#sandboxes.set(record.id, record);
    this.#options.publish({ type: 'changed', podUid: record.config.pod.uid, containerId: record.id });
  }

  async removeSandbox(id: string): Promise<void> {
    await this.#store.remove('sandboxes', id);
    this.#sandboxes.delete(id);
  }

  containers(sandboxId?: string): ContainerEntry[] {
    const all = [...this.#containers.values()];
    return sandboxId === undefined ? all : all.filter(({ record }) => record.sandboxId === sandboxId);
  }

  findContainer(id: string): ContainerEntry | undefined {
    return this.#containers.get(id);
  }

  /** @throws {RuntimeNotFoundError} */
  container(id: string): ContainerEntry {
    const entry = this.#containers.get(id);
    if (!entry) throw new RuntimeNotFoundError('container', id);
    return entry;
  }

  async addContainer(record: ContainerRecord): Promise<void> {
    await this.#store.save('containers', record);
    this.#containers.set(record.id, this.#entry(record));
  }

  /** Of a container that has ended. */
  async removeContainer({ record, pump }: ContainerEntry): Promise<void> {
    const { logPath } = record.config;
    await pump.remove();
    // Goes only when this was the last instance's log.
    if (logPath) await rmdir(dirname(logPath)).catch(() => undefined);
    await this.#store.remove('containers', record.id);
    if (this.#containers.delete(record.id)) this.publish('removed', record);
  }

  publish(type: 'started' | 'died' | 'removed', record: ContainerRecord): void {
    this.#options.publish({ type, podUid: record.pod.uid, containerId: record.id });
  }

  async #load(): Promise<void> {
    const { settings, log } = this.#options;
    await this.#store.prepare();
    this.#unlock = await lockRoot(settings.rootDir);
    await this.#writeShim();
    const sandboxes = await this.#store.load<SandboxRecord>('sandboxes');
    for (const record of sandboxes.records) this.#sandboxes.set(record.id, record);
    for (const id of sandboxes.broken) await this.#store.remove('sandboxes', id);
    const containers = await this.#store.load<ContainerRecord>('containers');
    for (const id of containers.broken) {
      log.warn(`container ${id} has no readable record: ending its processes and removing it`);
      await killMarked(id);
      await this.#store.remove('containers', id);
    }
    for (const record of containers.records) this.#containers.set(record.id, this.#entry(record));
    await Promise.all(this.containers().map((entry) => entry.adopt()));
    this.#timer = setInterval(() => {
      for (const entry of this.#containers.values()) entry.check();
    }, settings.checkIntervalMs).unref();
  }

  async #writeShim(): Promise<void> {
    await mkdir(dirname(this.#shimPath), { recursive: true });
    // By rename: running supervisors go on reading the file they were started from.
    await writeFile(`${this.#shimPath}.new`, SHIM, { mode: 0o700 });
    await rename(`${this.#shimPath}.new`, this.#shimPath);
  }

  get #shimPath(): string {
    return join(this.#options.settings.rootDir, 'bin', 'shim.sh');
  }

  #entry(record: ContainerRecord): ContainerEntry {
    const { tools, settings, log } = this.#options;
    return new ContainerEntry({
      record,
      dir: this.#store.directory('containers', record.id),
      shimPath: this.#shimPath,
      tools,
      settings,
      log,
      onExit: () => this.publish('died', record),
    });
  }
}

export function closedError(): RuntimeUnavailableError {
  return new RuntimeUnavailableError('the process runtime is closed');
}
