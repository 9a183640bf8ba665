import { execFile } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errorText, type Logger } from '@edgecore/api';
import { mountPoints } from './mount-table.js';

const run = promisify(execFile);

/** Memory-backed directories for secrets (edged.md §7). One per agent. */
export class TmpfsMounter {
  readonly #log: Logger;
  #allowed: boolean;
  #warned = false;

  /** @param allowed False never tries to mount; default: when running as root. */
  constructor(log: Logger, allowed = process.getuid?.() === 0) {
    this.#log = log;
    this.#allowed = allowed;
  }

  /**
   * Makes `directory` a tmpfs; nothing happens when it is one. Without the
   * right to mount it stays an ordinary directory that only this user can
   * enter, and that is said once.
   *
   * @param sizeBytes Limit of the file system; absent is the kernel's default.
   */
  async mount(directory: string, sizeBytes?: number): Promise<void> {
    await mkdir(directory, { recursive: true });
    if ((await mountPoints()).includes(directory)) return;
    if (this.#allowed) {
      const options = sizeBytes === undefined ? [] : ['-o', `size=${sizeBytes}`];
      try {
        await run('mount', ['-t', 'tmpfs', ...options, 'tmpfs', directory]);
        return;
      } catch (error) {
        this.#allowed = false;
        this.#warn(errorText(error));
      }
    } else this.#warn('not running as root');
    await chmod(dirname(directory), 0o700);
  }

  /** Unmounts a directory. @throws when it is busy: try again later. */
  async unmount(directory: string): Promise<void> {
    await run('umount', [directory]);
  }

  #warn(cause: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#log.warn(
      { cause },
      'cannot mount tmpfs: secrets of pods are kept in directories on disk that only this user can enter; run as root to keep them in memory',
    );
  }
}
