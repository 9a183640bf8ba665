import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { errorText, type Logger } from '@edgecore/api';
import type { PlanInput } from './manifest-plan.js';
import { type ManifestStep, planManifests } from './manifest-plan.js';
import { type ManifestObject, parseManifest } from './parse-manifest.js';

export interface ManifestDirectoryOptions {
  readonly dir: string;
  /** Quiet time after a change before the directory is read. */
  readonly debounceMs: number;
  /** The directory is read at least this often, in case a change was not told. */
  readonly rescanMs: number;
  readonly logger: Logger;
  readonly current: () => PlanInput['current'];
  readonly completePod: PlanInput['completePod'];
  readonly act: (step: ManifestStep) => Promise<void>;
}

const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json']);
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Keeps the cloud's objects as the files of one directory say. */
export class ManifestDirectory {
  readonly #told = new Map<string, string>();
  #watcher: FSWatcher | undefined;
  #rescan: NodeJS.Timeout | undefined;
  #pending: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(private readonly options: ManifestDirectoryOptions) {}

  /** Applies the directory once, then follows it. */
  async start(): Promise<void> {
    await this.sync();
    this.#rescan = setInterval(() => this.#scan(), this.options.rescanMs);
    this.#watch();
  }

  /** Asks for a scan soon: many changes in a row make one. */
  touch(): void {
    if (this.#stopped) return;
    clearTimeout(this.#pending);
    this.#pending = setTimeout(() => this.#scan(), this.options.debounceMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    clearInterval(this.#rescan);
    clearTimeout(this.#pending);
    await this.#running;
  }

  /** Reads the files and does what follows; one run at a time. */
  sync(): Promise<void> {
    // One bad turn must not be the last one.
    this.#running = this.#running
      .then(() => this.#syncOnce())
      .catch((error: unknown) =>
        this.options.logger.error(`the manifests cannot be followed: ${errorText(error)}`),
      );
    return this.#running;
  }

  #scan(): void {
    if (!this.#watcher) this.#watch();
    void this.sync();
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.options.dir, { persistent: false }, () => this.touch());
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      // Not there yet, or no watches left: the rescan sees changes, a little later.
      this.#watcher = undefined;
    }
  }

  async #syncOnce(): Promise<void> {
    if (this.#stopped) return;
    const { logger, current, completePod, act } = this.options;
    const found = await this.#read();
    if (!found) return;
    for (const step of planManifests({ ...found, current: current(), completePod })) {
      try {
        await act(step);
      } catch (error) {
        logger.error(`${describe(step)}: ${errorText(error)}`);
      }
    }
  }

  /** `undefined` when the directory cannot be read: then nothing is deleted. */
  async #read(): Promise<Pick<PlanInput, 'files' | 'brokenFiles'> | undefined> {
    const { dir } = this.options;
    let names: string[];
    try {
      names = (await readdir(dir))
        .filter((name) => EXTENSIONS.has(extname(name)) && !name.startsWith('.'))
        .sort();
    } catch (error) {
      this.#tell(dir, errorText(error), `the manifests cannot be read, what runs stays: ${errorText(error)}`);
      return undefined;
    }
    this.#told.delete(dir);
    const files = new Map<string, ManifestObject[]>();
    const brokenFiles = new Set<string>();
    for (const name of names) {
      let text = '';
      try {
        const file = await stat(join(dir, name));
        // Reading a pipe would wait for ever.
        if (!file.isFile()) throw new Error(`${join(dir, name)}: not a file`);
        if (file.size > MAX_FILE_BYTES)
          throw new Error(`${join(dir, name)}: larger than ${MAX_FILE_BYTES} bytes`);
        text = await readFile(join(dir, name), 'utf8');
        files.set(name, parseManifest(text, join(dir, name)));
        this.#told.delete(name);
      } catch (error) {
        // Removed between listing and reading: the next scan does not list it.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        brokenFiles.add(name);
        this.#tell(
          name,
          createHash('sha256').update(text).digest('hex'),
          `${errorText(error).split('\n')[0]} (nothing of this file is changed)`,
        );
      }
    }
    return { files, brokenFiles };
  }

  /** One line per state, not one per scan. */
  #tell(about: string, state: string, message: string): void {
    if (this.#told.get(about) === state) return;
    this.#told.set(about, state);
    this.options.logger.error(message);
  }
}

function describe(step: ManifestStep): string {
  if (step.do === 'delete') return `delete ${step.kind.kind} ${step.namespace}/${step.name}`;
  return `apply ${step.kind.kind} ${step.object.metadata?.namespace}/${step.object.metadata?.name}`;
}
