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
  return error instanceof EngineError && error.status === 404;
}

/** The engine's text of anything thrown, for wrapping. */
export function engineText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
