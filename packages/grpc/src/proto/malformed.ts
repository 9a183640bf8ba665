import { EdgeCoreError } from '@edgecore/api';

/** Bytes that are no protobuf message, or one beyond the limits. `code`: `ERR_MALFORMED_MESSAGE`. */
export class MalformedMessageError extends EdgeCoreError {
  constructor(reason: string) {
    super('ERR_MALFORMED_MESSAGE', reason);
  }
}
