import type { EdgeCoreError } from '@edgecore/api';
import { MapperCallbackError } from './errors.js';

export interface ReadLoopOptions {
  readonly read: () => unknown;
  /** @throws for values that do not fit. */
  readonly report: (values: never) => void;
  readonly intervalMs: number;
  readonly onError: (error: EdgeCoreError) => void;
}

/** Reads every interval, counted from the end of the last reading; one at a time. */
export class ReadLoop {
  readonly #options: ReadLoopOptions;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  #again = false;
  #stopped = false;

  constructor(options: ReadLoopOptions) {
    this.#options = options;
  }

  /** Reads now, or once more after the reading under way. */
  now(): void {
    if (this.#reading) this.#again = true;
    else void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#reading = true;
    clearTimeout(this.#timer);
    do {
      this.#again = false;
      await this.#read();
    } while (this.#again && !this.#stopped);
    this.#reading = false;
    if (!this.#stopped) this.#timer = setTimeout(() => this.now(), this.#options.intervalMs);
  }

  async #read(): Promise<void> {
    let values: unknown;
    try {
      values = await this.#options.read();
    } catch (error) {
      this.#options.onError(new MapperCallbackError('read', error));
      return;
    }
    if (this.#stopped) return;
    try {
      this.#options.report(values as never);
    } catch (error) {
      this.#options.onError(error as EdgeCoreError);
    }
  }
}
