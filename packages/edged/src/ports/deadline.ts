import { EdgeCoreError } from '@edgecore/api';
import type { Clock } from './clock.js';

/** Work was given up because it took too long. */
export class DeadlineError extends EdgeCoreError {
  constructor(readonly afterMs: number) {
    super('ERR_DEADLINE', `no answer within ${afterMs} ms`);
  }
}

/**
 * Runs `work` with a signal that aborts after `afterMs` or with `signal`, and
 * rejects then, whether `work` listens to it or not.
 *
 * @throws {DeadlineError} @throws the reason of `signal`.
 */
export async function withDeadline<T>(
  clock: Clock,
  afterMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const end = new AbortController();
  const abort = () => end.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const cancel = clock.after(afterMs, () => end.abort(new DeadlineError(afterMs)));
  try {
    return await new Promise<T>((resolve, reject) => {
      end.signal.addEventListener('abort', () => reject(end.signal.reason), { once: true });
      work(end.signal).then(resolve, reject);
    });
  } finally {
    cancel();
    signal.removeEventListener('abort', abort);
  }
}
