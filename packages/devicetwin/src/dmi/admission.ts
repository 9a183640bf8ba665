/** How many calls of mappers are taken, all methods and mappers together. */
export interface AdmissionLimits {
  /** Calls per second, and how many may come at once. Default 1000. */
  readonly callsPerSecond: number;
  /** Calls being worked on. Default 1000. */
  readonly maxPendingCalls: number;
}

/** A bucket that fills by the second, and a count of what is under way. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;
  #pending = 0;

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(limits: AdmissionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#tokens = limits.callsPerSecond;
    this.#filledAt = now();
  }

  /** Runs the work, or what to do when there are too many calls. */
  async run<T>(work: () => Promise<T>, refuse: () => never): Promise<T> {
    if (this.#pending >= this.#limits.maxPendingCalls || !this.#take()) refuse();
    this.#pending++;
    try {
      return await work();
    } finally {
      this.#pending--;
    }
  }

  #take(): boolean {
    const now = this.#now();
    const { callsPerSecond } = this.#limits;
    this.#tokens = Math.min(callsPerSecond, this.#tokens + ((now - this.#filledAt) / 1000) * callsPerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
