import type { Probe } from '../kube-types.js';
import type { Clock } from '../ports/clock.js';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';
export type ProbeResult = 'success' | 'failure' | 'unknown';

export interface ProbeAnswer {
  readonly result: ProbeResult;
  /** What was seen, for the event. */
  readonly text: string;
}

export interface ProbeWorkerOptions {
  readonly probe: Probe;
  readonly kind: ProbeKind;
  /** Start of the instance, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly initial: ProbeResult;
  readonly clock: Clock;
  readonly random: () => number;
  run(signal: AbortSignal): Promise<ProbeAnswer>;
  /** False while the startup probe has not passed. */
  mayRun(): boolean;
  onResult(): void;
  onFailure(text: string): void;
}

/** One probe of one running instance: a timer and two thresholds (edged.md §9.5). */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  readonly #end = new AbortController();
  readonly #periodMs: number;
  #result: ProbeResult;
  #streak = 0;
  #last: ProbeResult = 'unknown';
  #cancel: () => void;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    this.#result = options.initial;
    this.#periodMs = (options.probe.periodSeconds || 10) * 1000;
    const { clock, probe, startedAt, random } = options;
    const due = startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    // After an agent restart the probes of all pods must not fire at once.
    const adopted = clock.now() - startedAt > this.#periodMs;
    const delayMs = adopted ? random() * this.#periodMs : Math.max(0, due);
    this.#cancel = clock.after(delayMs, () => void this.#tick());
  }

  get result(): ProbeResult {
    return this.#result;
  }

  stop(): void {
    this.#end.abort();
    this.#cancel();
  }

  async #tick(): Promise<void> {
    const { clock, kind, mayRun } = this.#options;
    const begun = clock.now();
    if (mayRun()) await this.#probe();
    if (this.#end.signal.aborted) return;
    // A passed startup probe is over; a failed one kills the instance.
    if (kind === 'startup' && this.#result !== 'unknown') return;
    const wait = Math.max(0, this.#periodMs - (clock.now() - begun));
    this.#cancel = clock.after(wait, () => void this.#tick());
  }

  async #probe(): Promise<void> {
    const { probe, run, onFailure, onResult, clock } = this.#options;
    const limit = new AbortController();
    const timeoutMs = (probe.timeoutSeconds || 1) * 1000;
    const cancel = clock.after(timeoutMs, () =>
      limit.abort(new Error(`timed out after ${timeoutMs / 1000}s`)),
    );
    const answer = await run(AbortSignal.any([this.#end.signal, limit.signal]));
    cancel();
    if (this.#end.signal.aborted || answer.result === 'unknown') return;
    if (answer.result === 'failure') onFailure(answer.text);
    this.#streak = answer.result === this.#last ? this.#streak + 1 : 1;
    this.#last = answer.result;
    const threshold =
      answer.result === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#streak < threshold || this.#result === answer.result) return;
    this.#result = answer.result;
    onResult();
  }
}
