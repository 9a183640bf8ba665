import { EdgeCoreError } from '@edgecore/api';

/** The cloud this node is connected to does not know such messages; nothing was sent (metamanager.md §10). */
export class UnsupportedByCloudError extends EdgeCoreError {
  constructor(what: string, profile: string) {
    super('ERR_UNSUPPORTED_BY_CLOUD', `a CloudCore of profile "${profile}" has no ${what}`);
  }
}

/** An answer came, but not what was asked for: no object, no "OK", no known error. */
export class InvalidAnswerError extends EdgeCoreError {
  constructor(
    readonly resource: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super('ERR_INVALID_ANSWER', `answer for ${resource}: ${reason}`, options);
  }
}

/** Which cloud this node talks to was not decided before the deadline (compat.md §1); nothing was sent. */
export class CloudUndecidedError extends EdgeCoreError {
  constructor(timeoutMs: number) {
    super(
      'ERR_CLOUD_UNDECIDED',
      `it was not known within ${timeoutMs} ms which CloudCore this is: set cloudProfile, or wait for the connection`,
    );
  }
}
