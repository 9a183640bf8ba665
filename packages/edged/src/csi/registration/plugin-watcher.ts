import { type FSWatcher, watch } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, hasCode, type Logger } from '@edgecore/api';
import { type Clock, pause } from '../../ports/clock.js';
import type { DriverRegistry } from './driver-registry.js';
import { registerPlugin } from './register-plugin.js';

export interface PluginWatcherOptions {
  /** `<root>/plugins_registry`. */
  readonly directory: string;
  readonly registry: DriverRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Between looks where the system gives no notice. */
  readonly checkMs: number;
  /** Of each call at registration. */
  readonly timeoutMs: number;
  /** Waits after a failed registration: the first, and the longest. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

/** Sockets looked at; more than a node can have drivers. */
const MAX_PLUGINS = 100;

interface Plugin {
  /** Another inode or time of birth is another plug-in on the same path. */
  readonly identity: string;
  readonly end: AbortController;
}

/**
 * Registers the plug-ins whose sockets appear in a directory, each by itself, and forgets those whose sockets
 * vanish (edged.md §14). What cannot be registered is tried again with growing waits.
 */
export class PluginWatcher {
  readonly #plugins = new Map<string, Plugin>();
  #look: () => void = () => {};

  constructor(private readonly options: PluginWatcherOptions) {}

  /** Returns when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, directory, log, checkMs } = this.options;
    let watcher: FSWatcher | undefined;
    let told = '';
    try {
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          this.#look = resolve;
        });
        try {
          const made = await mkdir(directory, { recursive: true, mode: 0o750 });
          // A watcher stays with the directory it was made for, wherever that is now.
          if (made !== undefined) {
            watcher?.close();
            watcher = undefined;
          }
          watcher ??= this.#watch(() => {
            watcher = undefined;
          });
          await this.#scan(signal);
        } catch (error) {
          const text = errorText(error);
          log[text === told ? 'debug' : 'warn'](
            { directory, error: text },
            'CSI plug-ins cannot be looked for; trying again',
          );
          told = text;
        }
        const waiting = new AbortController();
        await Promise.race([
          changed,
          pause(clock, checkMs, AbortSignal.any([signal, waiting.signal])).catch(() => undefined),
        ]);
        waiting.abort();
      }
    } finally {
      watcher?.close();
      for (const { end } of this.#plugins.values()) end.abort(new Error('edged stops'));
      this.#plugins.clear();
    }
  }

  #watch(onEnd: () => void): FSWatcher {
    const watcher = watch(this.options.directory, { persistent: false }, () => this.#look());
    watcher.on('error', () => {
      watcher.close();
      onEnd();
    });
    return watcher;
  }

  async #scan(signal: AbortSignal): Promise<void> {
    const { directory, registry, log } = this.options;
    const found = new Map<string, string>();
    for (const name of (await readdir(directory)).sort()) {
      if (name.startsWith('.') || found.size >= MAX_PLUGINS) continue;
      const path = join(directory, name);
      const entry = await lstat(path).catch(ignoreVanished);
      if (entry?.isSocket()) found.set(path, `${entry.ino} ${entry.birthtimeMs}`);
    }
    for (const [path, { identity, end }] of this.#plugins) {
      if (found.get(path) === identity) continue;
      this.#plugins.delete(path);
      end.abort(new Error('the socket of the plug-in vanished'));
      const driver = registry.removeBy(path);
      if (driver) log.info({ driver: driver.name }, 'CSI driver gone');
    }
    for (const [path, identity] of found) {
      if (this.#plugins.has(path)) continue;
      const end = new AbortController();
      this.#plugins.set(path, { identity, end });
      void this.#register(path, AbortSignal.any([signal, end.signal]));
    }
  }

  /** Tries until the plug-in is registered or gone. Never rejects. */
  async #register(socketPath: string, signal: AbortSignal): Promise<void> {
    const { clock, log, registry, timeoutMs, retryMs, retryMaxMs } = this.options;
    let told = '';
    for (let waitMs = retryMs; !signal.aborted; waitMs = Math.min(2 * waitMs, retryMaxMs)) {
      try {
        const { name, endpoint, nodeId } = await registerPlugin({ socketPath, timeoutMs, signal }, (driver) =>
          registry.add(driver),
        );
        log.info({ driver: name, endpoint, nodeId }, 'CSI driver registered');
        return;
      } catch (error) {
        if (signal.aborted) return;
        registry.removeBy(socketPath);
        const text = errorText(error);
        log[text === told ? 'debug' : 'warn'](
          { socket: socketPath, error: text },
          'CSI plug-in not registered; trying again',
        );
        told = text;
      }
      await pause(clock, waitMs, signal).catch(() => undefined);
    }
  }
}

function ignoreVanished(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}
