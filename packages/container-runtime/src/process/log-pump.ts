import type { FileHandle } from 'node:fs/promises';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Logger } from '@edgecore/api';
import { LogFile } from './log-file.js';
import { type LogPosition, LogPositionFile } from './log-position.js';
import { cutLines, formatRecord, RecordClock } from './log-record.js';
import { RawOutput } from './raw-output.js';

export interface LogPumpOptions {
  /** Directory with the raw `stdout` and `stderr`. */
  readonly runDir: string;
  /** Where the position is kept. */
  readonly positionPath: string;
  readonly logPath: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly fallocate: string | undefined;
  readonly log: Logger;
}

const STREAMS = ['stdout', 'stderr'] as const;

/**
 * Turns a container's raw output into its log: each line once, whatever moment
 * the agent was killed at, since log and position are compared when it is
 * opened again. A line gets the time of the latest write known when it is read.
 */
export class LogPump {
  readonly #options: LogPumpOptions;
  readonly #position: LogPositionFile;
  readonly #raw: Record<'stdout' | 'stderr', RawOutput>;
  readonly #clock = new RecordClock();
  readonly #waiting = new Set<() => void>();
  #done: LogPosition | undefined;
  #file: LogFile | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #ended = false;
  #closing = false;
  #warned = false;

  constructor(options: LogPumpOptions) {
    this.#options = options;
    this.#position = new LogPositionFile(options.positionPath);
    this.#raw = {
      stdout: new RawOutput(join(options.runDir, 'stdout'), options.fallocate),
      stderr: new RawOutput(join(options.runDir, 'stderr'), options.fallocate),
    };
  }

  /** True when nothing will be added any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True when the last conversion failed (a full disk): drain again. */
  get isBehind(): boolean {
    return this.#warned && !this.#ended;
  }

  /** Converts what is there; calls made meanwhile share the next run. Never rejects: what failed is tried again. */
  drain(): Promise<void> {
    this.#queued ??= this.#exclusive(async () => {
      this.#queued = undefined;
      await this.#convertAll(false);
    });
    return this.#queued;
  }

  /** The container has ended: converts the rest, an unfinished line included, and drops the raw files. */
  async finish(): Promise<void> {
    await this.#exclusive(async () => {
      if (this.#ended) return;
      if (await this.#convertAll(true)) for (const stream of STREAMS) await this.#raw[stream].remove();
      this.#ended = true;
      await this.#release();
    });
    this.#wake();
  }

  /** Stops for now; another pump may go on later. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#exclusive(async () => {
      this.#ended = true;
      await this.#release();
    });
    this.#wake();
  }

  /** Removes the log files. */
  async remove(): Promise<void> {
    await this.close();
    const { logPath, maxFiles } = this.#options;
    await rm(logPath, { force: true });
    for (let number = 1; number < maxFiles; number++) await rm(`${logPath}.${number}`, { force: true });
  }

  /** Resolves at the next change of the log, at its end, or when the signal aborts. */
  changed(signal?: AbortSignal): Promise<void> {
    if (this.#ended || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** The oldest generation there is, or the asked one if that still exists; `end` is undefined for a full file. */
  openLog(
    wanted: number,
  ): Promise<{ file: FileHandle | undefined; generation: number; end: number | undefined; last: boolean }> {
    return this.#exclusive(async () => {
      const log = await this.#open();
      const generation = Math.min(Math.max(wanted, log.oldestGeneration), log.generation);
      const last = generation === log.generation;
      return {
        file: await log.openGeneration(generation),
        generation,
        end: last ? log.size : undefined,
        last,
      };
    });
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #open(): Promise<LogFile> {
    this.#done ??= await this.#position.read();
    const { logPath, maxBytes, maxFiles } = this.#options;
    this.#file ??= new LogFile({ path: logPath, maxBytes, maxFiles }, this.#done);
    return this.#file;
  }

  async #convertAll(final: boolean): Promise<boolean> {
    if (this.#ended) return false;
    try {
      let wrote = false;
      while (!this.#closing && (await this.#convertSome(final))) wrote = true;
      if (wrote) this.#wake();
      this.#warned = false;
      return !this.#closing;
    } catch (error) {
      if (!this.#warned)
        this.#options.log.warn(`cannot write ${this.#options.logPath}: ${errorText(error)}; trying again`);
      this.#warned = true;
      return false;
    }
  }

  async #convertSome(final: boolean): Promise<boolean> {
    const file = await this.#open();
    const next = { ...this.#done! };
    const records: Buffer[] = [];
    for (const stream of STREAMS) {
      const read = await this.#raw[stream].read(next[stream]);
      if (!read) continue;
      // A full buffer may end in the middle of a line although the file does not.
      const lines = cutLines(read.bytes, final && read.bytes.length < 64 * 1024);
      for (const line of lines) {
        records.push(...formatRecord(this.#clock.stamp(read.writtenMs), stream, line));
        next[stream] += line.length;
      }
    }
    if (records.length === 0) return false;
    await file.append(Buffer.concat(records));
    await this.#save({ ...next, size: file.size, generation: file.generation });
    if (await file.rotate()) await this.#save({ ...this.#done!, size: 0, generation: file.generation });
    for (const stream of STREAMS) await this.#raw[stream].release(this.#done![stream]);
    return true;
  }

  async #save(position: LogPosition): Promise<void> {
    await this.#position.write(position);
    this.#done = position;
  }

  async #release(): Promise<void> {
    await this.#file?.close();
    await this.#position.close();
    for (const stream of STREAMS) await this.#raw[stream].close();
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}
