interface Reading {
  readonly time: number;
  readonly nanoseconds: bigint;
}

const LEAST_MS = 1000;
/** A minute, and as much as a scraper that comes each minute may be late. */
const MOST_MS = 75_000;

/** CPU use as a rate, from two readings at least a second and about a minute apart at most (edged.md §12.5). */
export class CpuRates {
  readonly #readings = new Map<string, { readonly base: Reading; readonly latest: Reading }>();

  /** Nanoseconds per second; `undefined` while there is no earlier reading to compare with. */
  note(id: string, time: number, nanoseconds: bigint): number | undefined {
    const reading = { time, nanoseconds };
    const known = this.#readings.get(id);
    if (!known) {
      this.#readings.set(id, { base: reading, latest: reading });
      return undefined;
    }
    const isApart = time - known.latest.time >= LEAST_MS;
    const base = isApart ? known.latest : known.base;
    this.#readings.set(id, { base, latest: isApart ? reading : known.latest });
    const passedMs = time - base.time;
    if (passedMs < LEAST_MS || passedMs > MOST_MS || nanoseconds < base.nanoseconds) return undefined;
    return Math.round((Number(nanoseconds - base.nanoseconds) * 1000) / passedMs);
  }

  /** Forgets everything but these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#readings.keys()) if (!ids.has(id)) this.#readings.delete(id);
  }
}
