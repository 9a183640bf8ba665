import type { Clock } from '../clock.js';

export interface RateLimit {
  /** Messages per second. */
  readonly qps: number;
  /** Messages at once after a pause. */
  readonly burst: number;
}

/** A token bucket. Without a limit every message may go at once. */
export class RateLimiter {
  #tokens: number;
  #filledAt: number;

  constructor(
    private readonly limit: RateLimit | undefined,
    private readonly clock: Clock,
  ) {
    this.#tokens = limit?.burst ?? 0;
    this.#filledAt = clock.elapsed();
  }

  /** Takes a token and returns 0, or returns the milliseconds until there is one. */
  take(): number {
    if (!this.limit) return 0;
    const { qps, burst } = this.limit;
    const now = this.clock.elapsed();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * qps) / 1000);
    this.#filledAt = now;
    // Sleeps end on whole milliseconds; what is missing by rounding alone is not missing.
    if (this.#tokens >= 1 - 1e-6) {
      this.#tokens = Math.max(0, this.#tokens - 1);
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) * 1000) / qps);
  }
}
