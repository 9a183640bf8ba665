import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

/** What a slow reader may have in memory; the rest goes to disk. */
const MEMORY_BYTES = 256 * 1024;
const PIECE_BYTES = 64 * 1024;

/** Disk that the slow readers of a cloud share. */
export class DiskBudget {
  #used = 0;

  constructor(
    /** Where the files are; they have no name once they are open. */
    readonly directory: string,
    readonly limitBytes: number,
  ) {}

  get used(): number {
    return this.#used;
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.limitBytes) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/**
 * What came for a client that reads more slowly than the tunnel brings. A tunnel
 * cannot be paused for one of its sessions, so its bytes wait here: some in
 * memory, the others in a file, until the client takes them.
 */
export class Backlog {
  #file: number | undefined;
  #readAt = 0;
  #writeAt = 0;
  #isEnding = false;

  constructor(
    private readonly target: Writable,
    private readonly budget: DiskBudget,
  ) {
    target.on('drain', () => this.#pull());
    target.once('close', () => this.#drop());
  }

  /** Takes bytes for the client. False when there is no room for them on disk. */
  write(bytes: Buffer): boolean {
    if (this.target.destroyed) return true;
    if (this.#writeAt === this.#readAt && this.target.writableLength < MEMORY_BYTES) {
      this.target.write(bytes);
      return true;
    }
    if (!this.budget.take(bytes.length)) return false;
    // Into the page cache, faster than a tunnel brings it; asynchronous writes would queue in memory.
    this.#file ??= openNameless(this.budget.directory);
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#file, bytes, done, bytes.length - done, this.#writeAt + done);
    }
    this.#writeAt += bytes.length;
    return true;
  }

  /** Ends the client's stream once it has everything. */
  end(): void {
    this.#isEnding = true;
    if (this.#writeAt === this.#readAt) this.target.end();
  }

  #pull(): void {
    while (this.#file !== undefined && this.#readAt < this.#writeAt) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, this.#writeAt - this.#readAt));
      const length = readSync(this.#file, piece, 0, piece.length, this.#readAt);
      this.#readAt += length;
      const hasRoom = this.target.write(piece.subarray(0, length));
      if (this.#readAt === this.#writeAt) this.#drop();
      else if (!hasRoom) return;
    }
    if (this.#isEnding && this.#file === undefined) this.target.end();
  }

  /** A file is given up as a whole: what was read of it takes room until then. */
  #drop(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    this.budget.giveBack(this.#writeAt);
    this.#readAt = 0;
    this.#writeAt = 0;
  }
}

function openNameless(directory: string): number {
  const path = join(directory, `backlog-${randomBytes(8).toString('hex')}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}
