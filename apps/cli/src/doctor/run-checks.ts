import { errorText } from '@edgecore/api';
import type { Check, CheckResult, DoctorContext } from './check.js';

export interface NamedResult extends CheckResult {
  readonly name: string;
}

/** Runs the checks side by side; one that throws has failed. */
export async function runChecks(
  checks: readonly Check[],
  context: DoctorContext,
): Promise<readonly NamedResult[]> {
  return Promise.all(
    checks.map(async ({ name, run }) => {
      try {
        return { name, ...(await run(context)) };
      } catch (error) {
        return { name, state: 'failed' as const, found: `could not be checked: ${errorText(error)}` };
      }
    }),
  );
}
