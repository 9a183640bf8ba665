import { setTimeout as delay } from 'node:timers/promises';

/** Time, as the hub sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch, for dates; may be set forward and back at any time. */
  now(): number;
  /** Milliseconds since some moment, for periods; only ever grows, whatever is done to the date. */
  elapsed(): number;
  /** Resolves after `ms`. Rejects with the reason when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Longest wait one Node timer can hold is 2^31 - 1 ms; a day also notices a clock that was set. */
const LONGEST_TIMER_MS = 86_400_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    await delay(Math.max(0, ms), undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};

/** Sleeps until a moment that may be months away. */
export async function sleepUntil(clock: Clock, at: number, signal?: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0; left = at - clock.now()) {
    await clock.sleep(Math.min(left, LONGEST_TIMER_MS), signal);
  }
}
