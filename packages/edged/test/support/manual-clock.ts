import type { Clock } from '@edgecore/edged';

/** Time that stands still until it is moved; lets real file work finish in between. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; callback: () => void }[] = [];

  constructor(now = Date.parse('2026-11-23T08:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /**
   * Moves time from timer to timer until the check holds, at most by
   * `withinMs`. Work that takes real time (files) is waited for, up to 10 s.
   */
  async until(check: () => unknown, withinMs = 0): Promise<void> {
    const end = this.#now + withinMs;
    const giveUp = performance.now() + 10_000;
    while (performance.now() < giveUp) {
      if (check()) return;
      await settle(1);
      if (check()) return;
      await settle();
      if (check()) return;
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) continue;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    throw new Error(`it did not come true within ${withinMs} ms of pod time: ${check}`);
  }

  /** Moves time; timers run in order, each followed by whatever it set in motion. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
    await settle();
  }
}

/** How much of a kind is being worked on in this whole process. */
const busy = (kind: RegExp) => process.getActiveResourcesInfo().filter((name) => kind.test(name)).length;

/** What another test file left behind is not waited for: one failure is not to become fifty. */
const PROCESSES_BEFORE = busy(/^Process/);

/**
 * Lets everything run that does not depend on time: until neither files nor
 * child processes are being worked on for some turns in a row.
 */
export async function settle(turns = 8): Promise<void> {
  for (let quiet = 0; quiet < turns; quiet++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (busy(/^FSReq/) > 0 || busy(/^Process/) > PROCESSES_BEFORE) quiet = 0;
  }
}
