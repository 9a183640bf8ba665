import type { Clock } from '../ports/clock.js';

/**
 * A task that never runs twice at once: a request while it runs means "once
 * more afterwards", and any number of requests are one.
 */
export class SerialTask {
  readonly #clock: Clock;
  readonly #work: () => Promise<number | undefined>;
  #wanted = false;
  #closed = false;
  #busy = false;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  /** @param work Returns after how many milliseconds to run again by itself; must not throw. */
  constructor(clock: Clock, work: () => Promise<number | undefined>) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Run as soon as possible. */
  request(): void {
    if (this.#closed) return;
    this.#wanted = true;
    if (this.#busy) return;
    this.#busy = true;
    this.#running = this.#drain();
  }

  /** No further runs; resolves when the current one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wanted = false;
    this.#cancelTimer?.();
    await this.#running;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        this.#cancelTimer?.();
        const delayMs = await this.#work();
        if (this.#closed || this.#wanted || delayMs === undefined) continue;
        this.#cancelTimer = this.#clock.after(delayMs, () => this.request());
      }
    } finally {
      // In the same turn as the last look at `#wanted`: a request in between would be lost.
      this.#busy = false;
    }
  }
}
