import type { Clock } from '../../src/index.js';

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** Time that passes only when told to. */
export class VirtualClock implements Clock {
  #now: number;
  #setBackMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  get sleeping(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#now - this.#setBackMs;
  }

  elapsed(): number {
    return this.#now;
  }

  /** Somebody sets the date; no time passes. */
  setBack(ms: number): void {
    this.#setBackMs += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const sleeper: Sleeper = { at: this.#now + Math.max(0, ms), wake: end(resolve) };
      const onAbort = end(() => reject(signal?.reason));
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Passes time, stopping at each moment somebody wakes up and letting what follows happen. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await settled();
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > target) break;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await settled();
    }
    this.#now = target;
  }
}

/** Lets promises, and messages of the in-memory network, run their course. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
