import { EdgeCoreError } from '@edgecore/api';

/** A message that must not be stored: no object, too large, wrong resource. Answered with an error, never acknowledged. */
export class UnacceptableMessageError extends EdgeCoreError {
  constructor(reason: string) {
    super('ERR_UNACCEPTABLE_MESSAGE', reason);
  }
}
