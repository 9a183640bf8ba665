import type { Logger } from '@edgecore/api';
import type { Clock } from '../clock.js';

/** Same trouble again is told this often. */
const REPEAT_MS = 60_000;

/** Tells of trouble when it begins and then at most once a minute (edgehub.md §5.2). */
export class TroubleLog {
  #toldAt: number | undefined;
  #untold = 0;

  constructor(private readonly clock: Clock) {}

  tell(log: Logger, fields: object, text: string): void {
    const now = this.clock.elapsed();
    if (this.#toldAt !== undefined && now - this.#toldAt < REPEAT_MS) {
      this.#untold += 1;
      log.debug(fields, text);
      return;
    }
    log.warn(this.#untold > 0 ? { ...fields, notTold: this.#untold } : fields, text);
    this.#toldAt = now;
    this.#untold = 0;
  }

  /** The trouble is over; the next one is told at once. */
  over(): void {
    this.#toldAt = undefined;
    this.#untold = 0;
  }
}
