import { EdgeCoreError } from '@edgecore/api';

/** An API error as Kubernetes words it; handlers turn it into `{"ErrStatus":…}` where the profile answers errors. */
export class ApiError extends EdgeCoreError {
  constructor(
    readonly reason:
      | 'NotFound'
      | 'AlreadyExists'
      | 'Conflict'
      | 'Invalid'
      | 'BadRequest'
      | 'Unauthorized'
      | 'MethodNotAllowed'
      | 'TooManyRequests'
      | 'InternalError'
      | 'ServiceUnavailable'
      | 'Timeout',
    readonly status: number,
    message: string,
    /** `details` of the Status object. */
    readonly details?: Readonly<Record<string, string>>,
  ) {
    super('ERR_API', message);
  }
}

/** A manifest that cannot be applied. The text starts with file and line. */
export class ManifestError extends EdgeCoreError {
  constructor(
    readonly file: string,
    readonly line: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super('ERR_MANIFEST', `${file}:${line}: ${reason}`, options);
  }
}

/** The cloud could not start: the text names what, why and what to do. */
export class MinicloudStartError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MINICLOUD_START', message, options);
  }
}
