export interface BackoffOptions {
  /** First delay. Default 10 000 ms. */
  readonly initialMs?: number;
  /** Longest delay. Default 300 000 ms. */
  readonly maxMs?: number;
}

interface Entry {
  delayMs: number;
  lastUpdate: number;
}

/**
 * Kubelet's back-off: a delay per key that doubles with each use and is
 * forgotten after twice its maximum without use (edged.md §2, §4.3). Time is
 * always passed in, so a question never changes the state.
 */
export class Backoff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor({ initialMs = 10_000, maxMs = 300_000 }: BackoffOptions = {}) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
  }

  /**
   * How long something that failed at `failedAt` must still wait: 0 when it
   * may be tried now.
   */
  remainingMs(key: string, failedAt: number, now: number): number {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(entry, failedAt)) return 0;
    return Math.max(0, failedAt + entry.delayMs - now);
  }

  /** How long to wait counted from the last {@link next}: 0 when it may be tried now. */
  remainingSinceUpdateMs(key: string, now: number): number {
    const entry = this.#entries.get(key);
    if (!entry || this.#expired(entry, now)) return 0;
    return Math.max(0, entry.lastUpdate + entry.delayMs - now);
  }

  /** The delay in force, 0 without one. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Notes a new try at `now`: the delay starts at its first value or doubles. */
  next(key: string, now: number): void {
    const entry = this.#entries.get(key);
    const delayMs =
      !entry || this.#expired(entry, now) ? this.#initialMs : Math.min(entry.delayMs * 2, this.#maxMs);
    this.#entries.set(key, { delayMs, lastUpdate: now });
  }

  /** Forgets keys that start with `prefix`. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #expired(entry: Entry, at: number): boolean {
    return at - entry.lastUpdate > 2 * this.#maxMs;
  }
}

/** A duration as Go prints it: `10s`, `1m20s`, `5m0s`. */
export function goDuration(ms: number): string {
  const seconds = ms / 1000;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
