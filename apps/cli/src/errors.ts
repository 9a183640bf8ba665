import { EdgeCoreError } from '@edgecore/api';

/** Exit codes (config.md §5): 0 for a normal end, 1 for everything that failed. */
export const ExitCode = { ok: 0, failure: 1 } as const;

/** A command cannot do what was asked; the message is all the user gets to see. */
export class CliError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CLI', message, options);
  }
}
