/**
 * Base of all EdgeCore errors. `code` is stable: packages may be loaded twice
 * (ESM and CJS), and `instanceof` then lies; compare `code` instead.
 */
export class EdgeCoreError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A resource string that is not `<namespace>/<type>[/<name>]`. */
export class InvalidResourceError extends EdgeCoreError {
  constructor(readonly resource: string) {
    super('ERR_INVALID_RESOURCE', `resource "${resource}" is not <namespace>/<type>[/<name>]`);
  }
}

/** The link to the cloud is down; the text is upstream's (metamanager.md §5). */
export class NotConnectedError extends EdgeCoreError {
  constructor(message = 'connection lost between EdgeCore and CloudCore') {
    super('ERR_NOT_CONNECTED', message);
  }
}

/** A Kubernetes `Status` the API server answered with. */
export class KubeStatusError extends EdgeCoreError {
  constructor(
    readonly reason: string,
    readonly status: number,
    message: string,
  ) {
    super('ERR_KUBE_STATUS', message);
  }
}

/** True for any error (or subclass) carrying the given stable code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
}

/** True when the API server (or the local database) says the object does not exist. */
export function isNotFound(error: unknown): boolean {
  return hasCode(error, 'ERR_KUBE_STATUS') && (error as KubeStatusError).reason === 'NotFound';
}

/** The text of anything thrown, causes included, in one line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  return error.cause === undefined ? own : `${own}: ${errorText(error.cause)}`;
}
