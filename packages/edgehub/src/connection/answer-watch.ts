import { type CloudProfile, Operation } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { Clock } from '../clock.js';

export interface AnswerWatchOptions {
  readonly clock: Clock;
  /** A request counts as lost after this. */
  readonly timeoutMs: number;
  /** Lost requests in a row before the session counts as dead. */
  readonly limit: number;
  /** True while messages that came in wait for a module: silence then is our own doing. */
  readonly readingHeldUp: () => boolean;
}

/**
 * Finds sessions that are none: today's cloud leaves the connection of a node
 * it refused open and answers nothing (wire.md §5.1). Counted are requests
 * that must be answered and were written since the last frame from the cloud.
 */
export class AnswerWatch {
  /** Times of writing, at most `limit`. */
  #unanswered: number[] = [];
  #check: (() => void) | undefined;

  constructor(private readonly options: AnswerWatchOptions) {}

  /** A request was written. */
  written(): void {
    if (this.#unanswered.length >= this.options.limit) return;
    this.#unanswered.push(this.options.clock.elapsed());
    if (this.#unanswered.length === this.options.limit) this.#check?.();
  }

  /** Something came from the cloud. */
  frame(): void {
    this.#unanswered = [];
  }

  /** Resolves when the session is dead; rejects when the signal aborts. */
  async dead(signal: AbortSignal): Promise<void> {
    const { clock, limit, timeoutMs, readingHeldUp } = this.options;
    for (;;) {
      signal.throwIfAborted();
      const last = this.#unanswered[limit - 1];
      if (last === undefined) {
        await this.#full(signal);
        continue;
      }
      const left = last + timeoutMs - clock.elapsed();
      if (left > 0) await clock.sleep(left, signal);
      else if (readingHeldUp()) this.frame();
      else return;
    }
  }

  #full(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#check = undefined;
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      this.#check = () => {
        end();
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** Is silence about this request a sign of a dead session with this cloud? */
export function mustBeAnswered(message: Message, profile: CloudProfile): boolean {
  if (!profile.isAnswered(message)) return false;
  // Answered only where the cloud runs its dynamic controller (compat.md §2).
  if (message.source === 'metaserver') return false;
  return message.operation !== Operation.query || profile.answersMissing;
}
