import { EdgeCoreError } from '@edgecore/api';

/** The socket for mappers cannot be made; {@link Dmi.start} can be called again once the reason is gone. */
export class DmiSocketError extends EdgeCoreError {
  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super('ERR_DMI_SOCKET', `the socket for mappers ${path} cannot be made: ${reason}`, options);
  }
}

/** {@link Dmi.start} after {@link Dmi.close}. */
export class DmiClosedError extends EdgeCoreError {
  constructor() {
    super('ERR_DMI_CLOSED', 'this Dmi was closed; make another');
  }
}
