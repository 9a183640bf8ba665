import { EdgeCoreError } from '@edgecore/api';

/** The engine answered with an HTTP error; the text is the engine's own. */
export class EngineError extends EdgeCoreError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super('ERR_ENGINE', message);
  }
}

/** The named object does not exist in the engine. */
export function isGone(error: unknown): boolean {
  if (!(error instanceof EngineError)) return false;
  // Podman answers 500 to a request that meets a removal under way.
  return error.status === 404 || (error.status === 500 && /no such container/i.test(error.message));
}

/** The engine's text of anything thrown, for wrapping. */
export function engineText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
