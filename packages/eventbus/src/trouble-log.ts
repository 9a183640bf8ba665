import type { Logger } from '@edgecore/api';

/** The same again is told this often. */
const REPEAT_MS = 60_000;

/** Tells of trouble when it begins and then at most once a minute: what clients do wrong they do often. */
export class TroubleLog {
  #toldAt: number | undefined;
  #untold = 0;

  constructor(
    private readonly log: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {}

  warn(fields: object, text: string): void {
    const now = this.now();
    if (this.#toldAt !== undefined && now - this.#toldAt < REPEAT_MS) {
      this.#untold += 1;
      this.log.debug(fields, text);
      return;
    }
    this.log.warn(this.#untold > 0 ? { ...fields, notTold: this.#untold } : fields, text);
    this.#toldAt = now;
    this.#untold = 0;
  }

  /** The trouble is over; the next one is told at once. */
  over(): void {
    this.#toldAt = undefined;
    this.#untold = 0;
  }
}

/** Most things an {@link Once} remembers. */
const MAX_REMEMBERED = 1000;

/** Says yes the first time it is asked about something, within bounds. */
export class Once {
  readonly #seen = new Set<string>();

  first(what: string): boolean {
    if (this.#seen.has(what)) return false;
    if (this.#seen.size >= MAX_REMEMBERED) return false;
    this.#seen.add(what);
    return true;
  }
}
