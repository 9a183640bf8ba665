import type { Draft } from '../lanes/draft.js';

/**
 * One message's work on one device. `apply` changes the draft and says what
 * follows once it is on disk; it does no I/O and must not throw.
 */
export interface DeviceOperation {
  apply(draft: Draft): void;
  /**
   * The draft could not be stored. `retry`: the cloud will not say it again,
   * so it is tried until it is stored. `done`: the sender was told.
   */
  failed(error: unknown): 'retry' | 'done';
}
