import { EdgeCoreError } from '@edgecore/api';

/** An option of {@link EventBusOptions} has a value nothing can work with, or names a file that cannot be read. */
export class InvalidEventBusOptionError extends EdgeCoreError {
  constructor(
    readonly option: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super('ERR_INVALID_OPTION', `${option}: ${message}`, options);
  }
}

/** Why a message is not acknowledged: its sender keeps it and sends it again. */
export class NotTakenError extends EdgeCoreError {
  constructor(reason: string, options?: ErrorOptions) {
    super('ERR_NOT_TAKEN', reason, options);
  }
}
