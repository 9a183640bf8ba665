import { GrpcCode, GrpcError } from '../status.js';
import { timerMs } from '../timeout.js';

export interface Limits {
  /** How long it may take. Default 30,000. */
  readonly timeoutMs?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Calls `giveUp` once when the time is over (DEADLINE_EXCEEDED) or the signal aborts (CANCELLED, its reason
 * as cause).
 *
 * @returns what stops the watch.
 * @throws {GrpcError} CANCELLED when the signal is aborted already.
 */
export function watch(
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: Limits,
  giveUp: (error: GrpcError) => void,
): () => void {
  const cancelled = () =>
    new GrpcError(GrpcCode.CANCELLED, 'the call was given up', { cause: signal?.reason });
  if (signal?.aborted) throw cancelled();
  const late = () => giveUp(new GrpcError(GrpcCode.DEADLINE_EXCEEDED, `no answer within ${timeoutMs} ms`));
  const timer = setTimeout(late, timerMs(timeoutMs));
  const abort = () => giveUp(cancelled());
  signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
}
