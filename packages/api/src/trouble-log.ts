import type { Logger } from './logger.js';

/** The same again is told this often. */
const REPEAT_MS = 60_000;

/**
 * Warns of one kind of trouble when it begins and then at most once a minute: what another side does wrong
 * it does often, and must not fill this node's disk. Lines between go to `debug`; the next warning has
 * their number as `notTold`.
 */
export class TroubleLog {
  #toldAt: number | undefined;
  #untold = 0;

  /**
   * @param now Milliseconds since some moment. It must only ever grow, whatever is done to the date; by
   * default the process's own.
   */
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
