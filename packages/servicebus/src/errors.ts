import { EdgeCoreError } from '@edgecore/api';

/** An option has a value nothing can work with. The text names it and says what to give instead. */
export class InvalidOptionError extends EdgeCoreError {
  constructor(
    readonly option: string,
    message: string,
  ) {
    super('ERR_INVALID_OPTION', `${option}: ${message}`);
  }
}

/**
 * Why a call has no answer of the service: `status` and the text are what the
 * caller in the cloud gets instead (servicebus.md §2.3).
 */
export class CallError extends EdgeCoreError {
  /** The service never saw the request, or the connection broke before its answer began: an idempotent call may be repeated. */
  readonly repeatable: boolean;

  constructor(
    readonly status: number,
    text: string,
    options: ErrorOptions & { readonly repeatable?: boolean } = {},
  ) {
    super('ERR_SERVICE_CALL', text, options);
    this.repeatable = options.repeatable ?? false;
  }
}

/** The HTTP server for applications on the node cannot listen. */
export class ListenError extends EdgeCoreError {
  constructor(address: string, options?: ErrorOptions) {
    super(
      'ERR_SERVICEBUS_LISTEN',
      `cannot listen on ${address} for applications of this node; free the port or choose another one (modules.serviceBus.port)`,
      options,
    );
  }
}
