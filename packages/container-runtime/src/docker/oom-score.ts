import type { Logger } from '@edgecore/api';

/**
 * Remembers whether this engine may give containers a negative OOM score: one
 * without CAP_SYS_RESOURCE (nested, rootless) may not, and every start with
 * such a score fails. Positive scores always work.
 */
export class OomScores {
  readonly #log: Logger;
  #refused: boolean | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Not known before the first start of a sandbox. */
  get known(): boolean {
    return this.#refused !== undefined;
  }

  /** The score to ask for instead of `wanted`. */
  allowed(wanted: number): number {
    return wanted < 0 && this.#refused === true ? 0 : wanted;
  }

  /** Learns from a sandbox that runs: all are created with a negative score where that works. */
  learn(scoreOfRunningSandbox: number): void {
    this.#refused ??= scoreOfRunningSandbox >= 0;
  }

  /**
   * May this failed start be the refusal? Old runc only says that its child
   * died, so the proof is that a start with 0 succeeds.
   */
  suspects(startError: string, score: number): boolean {
    return score < 0 && (isExplicit(startError) || /final child's PID from pipe/.test(startError));
  }

  /** A start that names the score needs no proof. */
  blame(startError: string): void {
    if (isExplicit(startError)) this.refuse(startError);
  }

  /** From now on negative scores become 0. */
  refuse(startError: string): void {
    if (this.#refused === true) return;
    this.#refused = true;
    this.#log.warn(
      { engine: startError },
      'the engine may not set negative OOM scores (no CAP_SYS_RESOURCE); pods run with 0 instead, so the kernel may end them earlier when memory runs out',
    );
  }
}

function isExplicit(startError: string): boolean {
  return startError.includes('oom_score_adj');
}
