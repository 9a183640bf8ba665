import { EdgeCoreError } from '@edgecore/api';

/** An option of {@link EdgeHubOptions} has a value nothing can work with. */
export class InvalidOptionError extends EdgeCoreError {
  constructor(
    readonly option: string,
    message: string,
  ) {
    super('ERR_INVALID_OPTION', `${option}: ${message}`);
  }
}

/**
 * Why the node has no usable certificate. `fatal` ones no retry can cure:
 * `EdgeHub.run` throws them and the process should end with their text; the
 * others are retried with backoff.
 */
export abstract class CertificateError extends EdgeCoreError {
  constructor(
    code: string,
    message: string,
    readonly fatal: boolean,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** The token is not `<caHash>.<header>.<payload>.<signature>` or cannot be had. Its text never holds the token. */
export class TokenError extends CertificateError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_TOKEN', message, true, options);
  }
}

/** `/ca.crt` gave something else than the CA the token was made for. */
export class CaMismatchError extends CertificateError {
  constructor(message: string) {
    super('ERR_CA_MISMATCH', message, true);
  }
}

/** `/ca.crt` or `/edge.crt` could not be had or gave something unusable. */
export class CertificateRequestError extends CertificateError {
  constructor(
    message: string,
    fatal: boolean,
    /** HTTP status, where there was an answer. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super('ERR_CERTIFICATE_REQUEST', message, fatal, options);
  }
}

/** The certificate files cannot be used and there is no token to get new ones with. */
export class CertificateFilesError extends CertificateError {
  constructor(message: string, fatal = true, options?: ErrorOptions) {
    super('ERR_CERTIFICATE_FILES', message, fatal, options);
  }
}

const CODES: ReadonlySet<unknown> = new Set([
  'ERR_TOKEN',
  'ERR_CA_MISMATCH',
  'ERR_CERTIFICATE_REQUEST',
  'ERR_CERTIFICATE_FILES',
]);

/**
 * True for errors of `EdgeHub.run` no restart can cure: fits the bus's
 * `RestartPolicy.isFatal`. The error's message is the one line to print.
 */
export function isFatalHubError(error: unknown): error is CertificateError {
  if (typeof error !== 'object' || error === null) return false;
  const { code, fatal } = error as { code?: unknown; fatal?: unknown };
  return fatal === true && CODES.has(code);
}
