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

  /** True when the text of a failed start is the refusal; the next start will do without. */
  refusedBy(startError: string): boolean {
    if (!/oom_score_adj/.test(startError)) return false;
    if (this.#refused !== true) {
      this.#refused = true;
      this.#log.warn(
        { engine: startError },
        'the engine may not set negative OOM scores (no CAP_SYS_RESOURCE); pods run with 0 instead and the kernel may choose them first when memory runs out',
      );
    }
    return true;
  }
}
