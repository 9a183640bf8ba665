import { lstat, mkdir, readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, type Logger } from '@edgecore/api';
import type { EngineContainer } from '../client/engine-types.js';
import { LABEL, readPodIdentity } from '../labels.js';

const MAX_FILE_NAME_LENGTH = 255;

/**
 * Kubernetes' log files as links to the engine's (edged.md §12.3):
 * `<containerLogsDir>/<pod>_<ns>_<container>-<id>.log` → the pod's log path →
 * the engine's file. A machine where they cannot be made runs pods all the same.
 */
export class LogLinks {
  readonly #containerLogsDir: string;
  readonly #log: Logger;
  #warned = false;

  constructor(containerLogsDir: string, log: Logger) {
    this.#containerLogsDir = containerLogsDir;
    this.#log = log;
  }

  async create(container: EngineContainer): Promise<void> {
    const logPath = container.Config.Labels?.[LABEL.logPath];
    // Without a file of the engine (another log driver) there is nothing to link to.
    if (!logPath || !container.LogPath) return;
    try {
      await link(container.LogPath, logPath);
      await link(logPath, this.#pathOf(container));
    } catch (error) {
      if (this.#warned) return;
      this.#warned = true;
      this.#log.warn(
        { path: logPath, err: error },
        'log links cannot be made; logs stay readable through the engine. Make the directory writable if log collectors need it',
      );
    }
  }

  async remove(container: EngineContainer): Promise<void> {
    const logPath = container.Config.Labels?.[LABEL.logPath];
    if (!logPath) return;
    for (const path of [this.#pathOf(container), logPath]) {
      await removeLink(path).catch((error: unknown) => {
        this.#log.debug({ path, err: error }, 'log link not removed');
      });
    }
  }

  /** Removes the links whose pod log is gone: their containers were removed behind the agent's back. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#containerLogsDir).catch(() => [])) {
      if (!/-[0-9a-f]{64}\.log$/.test(name)) continue;
      const path = join(this.#containerLogsDir, name);
      // The engine's own file may be out of this process's sight: only the first step tells.
      const target = await readlink(path).catch(() => undefined);
      if (target === undefined || (await lstat(target).catch(isMissing)) !== undefined) continue;
      await removeLink(path).catch((error: unknown) => {
        this.#log.debug({ path, err: error }, 'log link not removed');
      });
    }
  }

  #pathOf(container: EngineContainer): string {
    const labels = container.Config.Labels ?? {};
    const { name, namespace } = readPodIdentity(labels);
    const suffix = `-${container.Id}.log`;
    const full = `${name}_${namespace}_${labels[LABEL.containerName] ?? ''}`;
    return join(this.#containerLogsDir, full.slice(0, MAX_FILE_NAME_LENGTH - suffix.length) + suffix);
  }
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await removeLink(path);
  await symlink(target, path);
}

/** `undefined` for what is not there; what cannot be looked at counts as there. */
function isMissing(error: unknown): undefined | 'unknown' {
  return hasCode(error, 'ENOENT') ? undefined : 'unknown';
}

/** Only links: a file in their place is somebody's log. */
async function removeLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink()) await unlink(path);
}
