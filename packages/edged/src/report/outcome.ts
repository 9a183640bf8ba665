import { hasCode, isNotFound, type KubeStatusError } from '@edgecore/api';

/**
 * What became of a report: `done`, `kept` in MetaManager's outbox until the
 * next connection, `gone` (the cloud has no such pod, or another one of that name),
 * `undecided` (nothing was sent: which cloud this is, is not known), or `failed`.
 */
export type Outcome = 'done' | 'kept' | 'gone' | 'undecided' | 'failed';

export function outcomeOf(error: unknown): Exclude<Outcome, 'done'> {
  if (hasCode(error, 'ERR_NOT_CONNECTED')) return 'kept';
  if (isNotFound(error) || isUidConflict(error)) return 'gone';
  if (hasCode(error, 'ERR_CLOUD_UNDECIDED') || hasCode(error, 'ERR_UNSUPPORTED_BY_CLOUD')) return 'undecided';
  return 'failed';
}

/** `… the UID in the precondition (…) does not match the UID in record (…)`, or the storage's form of it. */
function isUidConflict(error: unknown): boolean {
  if (!hasCode(error, 'ERR_KUBE_STATUS')) return false;
  const { message } = error as KubeStatusError;
  return /\bUID\b/.test(message) && /precondition/i.test(message);
}
