import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodStatus } from '../kube-types.js';

/**
 * The status last told of a pod, in the pod's directory: the object on disk
 * is the cloud's and lacks what was reported since. Without it a pod that
 * was evicted would run again after a restart of the agent, and every start
 * time would begin anew.
 */
export class StatusFile {
  readonly #directory: string;
  readonly #path: string;
  #written: string | undefined;

  constructor(podDirectory: string) {
    this.#directory = podDirectory;
    this.#path = join(podDirectory, 'status.json');
  }

  /** @returns `undefined` when there is none that can be read. */
  async read(): Promise<Partial<PodStatus> | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const status: unknown = JSON.parse(text);
      if (typeof status !== 'object' || status === null || Array.isArray(status)) return undefined;
      this.#written = text;
      return status;
    } catch {
      return undefined;
    }
  }

  /** Replaces the file, if the status is another. @throws on a full or read-only disk. */
  async write(status: PodStatus): Promise<void> {
    const text = JSON.stringify(status);
    if (text === this.#written) return;
    await mkdir(this.#directory, { recursive: true, mode: 0o750 });
    await writeFile(`${this.#path}.new`, text, { mode: 0o640 });
    await rename(`${this.#path}.new`, this.#path);
    this.#written = text;
  }
}
