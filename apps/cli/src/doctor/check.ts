import type { EdgeCoreConfig } from '@edgecore/edgecore';

/** How a prerequisite was found. `skip`: it does not matter for this node. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'skip';

export interface CheckResult {
  readonly state: CheckState;
  /** What was found. */
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** What a check may look at. */
export interface DoctorContext {
  /** The file's configuration; `undefined` for the embedded set-up (`edgecore start` without one). */
  readonly config: EdgeCoreConfig | undefined;
  /** Where the database is or will be. */
  readonly dataDir: string;
  /** Docker's API: a socket path or `tcp://host:port`. */
  readonly dockerEndpoint: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One prerequisite. `run` may throw: that is a failed check. */
export interface Check {
  readonly name: string;
  run(context: DoctorContext): Promise<CheckResult>;
}

export const ok = (found: string): CheckResult => ({ state: 'ok', found });
export const skip = (found: string): CheckResult => ({ state: 'skip', found });
export const warning = (found: string, advice: string): CheckResult => ({
  state: 'warning',
  found,
  advice,
});
export const failed = (found: string, advice: string): CheckResult => ({
  state: 'failed',
  found,
  advice,
});
