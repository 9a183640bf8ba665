import { CliError } from '../errors.js';

interface Status {
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/**
 * The exit code in the status that ends a session (edgestream.md §10).
 * @throws {CliError} when there was no command that could exit.
 */
export function exitCodeOf(text: string): number {
  const status = parse(text);
  if (status.status === 'Success') return 0;
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message ?? '';
  if (status.reason === 'NonZeroExitCode' && /^\d{1,3}$/.test(cause)) return Number(cause);
  throw new CliError(status.message ?? `the node said: ${text.slice(0, 300)}`);
}

function parse(text: string): Status {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
