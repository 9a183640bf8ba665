import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errorText, type Logger } from '@edgecore/api';
import type { Pod } from '../kube-types.js';
import { SerialTask } from '../pods/serial-task.js';
import type { Clock } from '../ports/clock.js';
import { manifestFiles } from './manifest-files.js';
import { Manifests } from './manifests.js';

/** Who runs the pods. */
export interface StaticPodHost {
  worksOn(uid: string): boolean;
  upsert(pod: Pod): void;
  remove(pod: Pod): void;
  /** What the files say now. `complete`: none of them is unreadable. */
  wanted(pods: readonly Pod[], complete: boolean): void;
}

export interface StaticPodsOptions {
  readonly nodeName: string;
  /** Directory of manifests, or one manifest. `''`: there are no static pods. */
  readonly path: string;
  /** Between looks without a change notice, milliseconds. */
  readonly checkMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: StaticPodHost;
}

/** An editor writes a file in several steps. */
const SETTLE_MS = 50;

/** Runs the pods of manifest files, with or without a cloud (edged.md §3.4). */
export class StaticPods {
  readonly #options: StaticPodsOptions;
  readonly #manifests: Manifests;
  readonly #task: SerialTask;
  #running = new Map<string, Pod>();
  #watcher: { readonly watcher: FSWatcher; readonly inode: number } | undefined;
  #settle: (() => void) | undefined;
  #problem = '';
  #scanned = false;

  constructor(options: StaticPodsOptions) {
    this.#options = options;
    const { nodeName, clock, log } = options;
    this.#manifests = new Manifests({
      nodeName,
      now: () => clock.now(),
      onProblem: (file, error) =>
        log.error(
          { file, error },
          'static pod file cannot be used; what runs of it goes on until it is corrected',
        ),
    });
    this.#task = new SerialTask(clock, () => this.#scan());
  }

  /** Every static pod of this node is known: what else runs is not one. */
  get complete(): boolean {
    return this.#options.path === '' || (this.#scanned && !this.#manifests.hasUnknown);
  }

  /** Look at the files again; also when a pod was forgotten that may be wanted again. */
  check(): void {
    if (this.#options.path !== '') this.#task.request();
  }

  /** Works until the signal aborts; pods keep running. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#options.path === '') this.#options.host.wanted([], true);
    this.check();
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.#settle?.();
    await this.#task.close();
    this.#watcher?.watcher.close();
    this.#watcher = undefined;
  }

  async #scan(): Promise<number> {
    const { path, checkMs, log } = this.#options;
    try {
      await this.#watch();
      this.#apply(this.#manifests.update(await manifestFiles(path)));
      this.#problem = '';
    } catch (error) {
      const text = errorText(error);
      if (text !== this.#problem)
        log.error({ path, error: text }, 'static pods cannot be read; those that run go on');
      this.#problem = text;
    }
    return checkMs;
  }

  #apply(pods: readonly Pod[]): void {
    const { host } = this.#options;
    const before = this.#running;
    this.#running = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    this.#scanned = true;
    for (const [uid, pod] of before) if (!this.#running.has(uid)) host.remove(pod);
    host.wanted(pods, !this.#manifests.hasUnknown);
    for (const [uid, pod] of this.#running) {
      // One that is still leaving is started again when it has gone: see check().
      if (pod !== before.get(uid) || !host.worksOn(uid)) host.upsert(pod);
    }
  }

  /** Notices are an extra: where there are none the period is enough. */
  async #watch(): Promise<void> {
    const { path, log } = this.#options;
    const inode = (await stat(path).catch(() => undefined))?.ino;
    if (this.#watcher && this.#watcher.inode === inode) return;
    this.#watcher?.watcher.close();
    this.#watcher = undefined;
    if (inode === undefined) return;
    try {
      const watcher = watch(path, { persistent: false }, () => this.#changed());
      watcher.on('error', (error) => log.debug({ path, error: errorText(error) }, 'no notices of changes'));
      this.#watcher = { watcher, inode };
    } catch (error) {
      log.debug({ path, error: errorText(error) }, 'no notices of changes');
    }
  }

  #changed(): void {
    this.#settle ??= this.#options.clock.after(SETTLE_MS, () => {
      this.#settle = undefined;
      this.check();
    });
  }
}
