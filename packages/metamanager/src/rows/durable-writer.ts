import { setTimeout as pause } from 'node:timers/promises';
import { errorText, hasCode, type Logger } from '@edgecore/api';
import type { Store, StoreWriteError, WriteResult } from '@edgecore/store';

type Statements = Parameters<Store['write']>;

/** Writes with a few tries: a full disk or a foreign lock may be gone in a moment (metamanager.md §11). */
export class DurableWriter {
  #failure: string | undefined;

  constructor(
    private readonly store: Store,
    private readonly retriesMs: readonly number[],
    private readonly signal: AbortSignal,
    private readonly log: Logger,
  ) {}

  /** Why the last write failed; `undefined` when it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  write(...statements: Statements): Promise<WriteResult[]> {
    return this.attempt(() => this.store.write(...statements));
  }

  /** The same for anything that ends in a write. @throws {StoreWriteError} after the last try. */
  async attempt<T>(write: () => Promise<T>): Promise<T> {
    for (let n = 0; ; n += 1) {
      try {
        const result = await write();
        this.#failure = undefined;
        return result;
      } catch (error) {
        this.#failure = errorText(error);
        const delay = this.retriesMs[n];
        const retryable = hasCode(error, 'ERR_STORE_WRITE') && (error as StoreWriteError).retryable;
        if (!retryable || delay === undefined || this.signal.aborted) throw error;
        this.log.warn({ error: this.#failure, retryInMs: delay }, 'write failed, trying again');
        await pause(delay);
      }
    }
  }
}
