import { execFile } from 'node:child_process';
import { type FileHandle, open, rm } from 'node:fs/promises';

const READ_BYTES = 64 * 1024;
const BLOCK = 4096;
/** Converted output is given back to the file system in steps of this size. */
const RELEASE_BYTES = 1024 * 1024;

/**
 * One stream of a container as the process itself wrote it: a file opened for
 * appending. It needs nobody alive to go on, and what is converted is cut out
 * of it as a hole, so that no write can be lost to a truncation.
 */
export class RawOutput {
  readonly #path: string;
  readonly #fallocate: string | undefined;
  #file: FileHandle | undefined;
  #released = 0;
  #canRelease: boolean;

  constructor(path: string, fallocate: string | undefined) {
    this.#path = path;
    this.#fallocate = fallocate;
    this.#canRelease = fallocate !== undefined;
  }

  /** The next bytes and when the process last wrote; undefined when there is no such file (any more). */
  async read(offset: number): Promise<{ bytes: Buffer; writtenMs: number } | undefined> {
    this.#file ??= await open(this.#path, 'r').catch(() => undefined);
    if (!this.#file) return undefined;
    const { buffer, bytesRead } = await this.#file.read(
      Buffer.allocUnsafe(READ_BYTES),
      0,
      READ_BYTES,
      offset,
    );
    if (bytesRead === 0) return { bytes: Buffer.alloc(0), writtenMs: 0 };
    const { mtimeMs } = await this.#file.stat();
    return { bytes: buffer.subarray(0, bytesRead), writtenMs: mtimeMs };
  }

  /** Gives the blocks before the offset back; a file system that cannot do it keeps them until the container goes. */
  async release(offset: number): Promise<void> {
    const end = Math.floor(offset / BLOCK) * BLOCK;
    if (!this.#canRelease || !this.#fallocate || end - this.#released < RELEASE_BYTES) return;
    const args = [
      '--punch-hole',
      '--offset',
      String(this.#released),
      '--length',
      String(end - this.#released),
    ];
    this.#canRelease = await new Promise<boolean>((resolve) => {
      execFile(this.#fallocate!, [...args, this.#path], { env: {} }, (error) => resolve(error === null));
    });
    this.#released = end;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}
