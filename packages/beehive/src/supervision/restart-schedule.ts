import type { RestartPolicy } from '../module.js';

/**
 * The waits before each restart of a module (beehive.md §6): 1, 2, 4, … s up
 * to a limit. A long healthy run starts the row anew.
 */
export class RestartSchedule {
  #restarts = 0;
  #nextMs: number;

  constructor(
    private readonly policy: RestartPolicy,
    private readonly random: () => number = Math.random,
  ) {
    this.#nextMs = this.#firstMs;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** The wait before the next restart, or `undefined` when there is to be none. */
  next(outcome: 'returned' | 'crashed'): number | undefined {
    const { when, retries, jitter = 0.1 } = this.policy;
    if (when === 'never' || (when === 'onFailure' && outcome === 'returned')) return undefined;
    if (retries !== undefined && this.#restarts >= retries) return undefined;
    this.#restarts += 1;
    const wait = this.#nextMs;
    this.#nextMs = Math.min(wait * Math.max(this.policy.growth ?? 2, 1), this.#maxMs);
    return Math.round(wait * (1 + jitter * (2 * this.random() - 1)));
  }

  /** The module ran long enough to count as well again. */
  reset(): void {
    this.#restarts = 0;
    this.#nextMs = this.#firstMs;
  }

  get #maxMs(): number {
    return this.policy.maxIntervalMs ?? 30_000;
  }

  get #firstMs(): number {
    return Math.min(this.policy.intervalMs ?? 1000, this.#maxMs);
  }
}
