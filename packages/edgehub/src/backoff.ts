export interface BackoffOptions {
  /** First wait. */
  readonly initialMs: number;
  /** The wait doubles up to this. */
  readonly maxMs: number;
  /** Waits vary by this share either way. */
  readonly jitter: number;
}

/** Waits that double. */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: () => number,
  ) {}

  /** The next wait, milliseconds. */
  next(): number {
    const { initialMs, maxMs, jitter } = this.options;
    // 2^30 times anything is above every maximum; more would overflow one day.
    const base = Math.min(initialMs * 2 ** Math.min(this.#failures, 30), maxMs);
    this.#failures += 1;
    return base * (1 + jitter * (2 * this.random() - 1));
  }

  reset(): void {
    this.#failures = 0;
  }
}
