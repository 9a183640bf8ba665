import type { RemoteOutcome } from './remote-session.js';

/** Remote command protocols, best first (edgestream.md §9). */
export type StatusForm = 'json' | 'text';

/**
 * What the error stream says (edgestream.md §10): a `Status` in v4 and later;
 * in older protocols text, and nothing for success.
 */
export function remoteStatus(outcome: RemoteOutcome, form: StatusForm): string {
  if (form === 'text') {
    if (outcome.kind === 'failed') return outcome.message;
    return outcome.exitCode === 0
      ? ''
      : `command terminated with non-zero exit code: command terminated with exit code ${outcome.exitCode}`;
  }
  return goJson(statusObject(outcome));
}

function statusObject(outcome: RemoteOutcome): object {
  if (outcome.kind === 'failed') {
    return {
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${outcome.message}`,
      reason: 'InternalError',
      details: { causes: [{ message: outcome.message }] },
      code: 500,
    };
  }
  const { exitCode } = outcome;
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** JSON with the characters Go escapes. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
