import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface LogFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/**
 * The converted log: `<path>` and its rotated predecessors `<path>.1`, `.2`…
 * Files are told apart by a generation number, + 1 at each rotation.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #file: FileHandle | undefined;
  #size: number;
  #generation: number;

  constructor(options: LogFileOptions, { size, generation }: { size: number; generation: number }) {
    this.#options = options;
    this.#size = size;
    this.#generation = generation;
  }

  get size(): number {
    return this.#size;
  }

  get generation(): number {
    return this.#generation;
  }

  get oldestGeneration(): number {
    return Math.max(0, this.#generation - this.#options.maxFiles + 1);
  }

  /** Always at the recorded size, so that what an interrupted write left behind is overwritten. */
  async append(data: Buffer): Promise<void> {
    this.#file ??= await this.#openForWriting();
    let written = 0;
    while (written < data.length) {
      written += (await this.#file.write(data, written, data.length - written, this.#size + written))
        .bytesWritten;
    }
    this.#size += data.length;
  }

  /** Moves the files up by one when the current one is full. True when it did. */
  async rotate(): Promise<boolean> {
    const { path, maxBytes, maxFiles } = this.#options;
    if (this.#size < maxBytes) return false;
    await this.close();
    for (let number = maxFiles - 1; number > 0; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      await rename(from, `${path}.${number}`).catch(ignoreMissing);
    }
    if (maxFiles === 1) await rm(path, { force: true });
    this.#generation++;
    this.#size = 0;
    return true;
  }

  /** Undefined when that file is gone. The caller must not let a rotation happen meanwhile. */
  async openGeneration(generation: number): Promise<FileHandle | undefined> {
    const { path } = this.#options;
    const age = this.#generation - generation;
    return open(age === 0 ? path : `${path}.${age}`, 'r').catch(ignoreMissing);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #openForWriting(): Promise<FileHandle> {
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const file = await open(path, 'r+', 0o640).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return open(path, 'w+', 0o640);
    });
    // Somebody else may have emptied it.
    this.#size = Math.min(this.#size, (await file.stat()).size);
    await file.truncate(this.#size);
    return file;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
