export interface HealthOptions {
  /** How long an endpoint that failed is passed over. Default 10 000 ms, doubling with each failure in a row. */
  readonly ejectMs?: number;
  /** Default 60 000 ms. */
  readonly maxEjectMs?: number;
  readonly now?: () => number;
  /** Called when an endpoint is put aside for some time. */
  readonly onEject?: (id: string, forMs: number) => void;
}

interface Failure {
  /** Passed over until then. */
  until: number;
  ejectMs: number;
}

/** Failures are kept for at most so many endpoints; they come and go with pods. */
const MAX_FAILURES = 10_000;

/** What connections have taught about endpoints: none is probed on purpose. */
export class Health {
  readonly #failures = new Map<string, Failure>();
  readonly #options: Required<HealthOptions>;

  constructor(options: HealthOptions = {}) {
    this.#options = { ejectMs: 10_000, maxEjectMs: 60_000, now: monotonicMs, onEject: () => {}, ...options };
  }

  isOut(id: string): boolean {
    const failure = this.#failures.get(id);
    return failure !== undefined && this.#options.now() < failure.until;
  }

  /** Somebody is about to try it: an endpoint that failed before is tried by one connection at a time. */
  trying(id: string): void {
    const failure = this.#failures.get(id);
    if (failure) failure.until = this.#options.now() + failure.ejectMs;
  }

  failed(id: string): void {
    const { ejectMs, maxEjectMs, now, onEject } = this.#options;
    const before = this.#failures.get(id);
    const next = before ? Math.min(before.ejectMs * 2, maxEjectMs) : ejectMs;
    if (!before && this.#failures.size >= MAX_FAILURES) {
      this.#failures.delete(this.#failures.keys().next().value!);
    }
    this.#failures.set(id, { until: now() + next, ejectMs: next });
    onEject(id, next);
  }

  succeeded(id: string): void {
    if (this.#failures.size > 0) this.#failures.delete(id);
  }
}

/** Not the wall clock, which may be set. */
export function monotonicMs(): number {
  return performance.now();
}
