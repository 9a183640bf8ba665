import { type PressureSignal, parseThreshold, type Threshold, type Thresholds } from './threshold.js';

/** The keys of a kubelet configuration about eviction (edged.md §10.4). */
export interface EvictionThresholds {
  /** `evictionHard`: pods are evicted at once. */
  readonly hard: Thresholds;
  /** `evictionSoft`: after the grace period. Default none. */
  readonly soft?: Thresholds;
  /** `evictionSoftGracePeriod` in milliseconds. A soft threshold without one counts as 0. */
  readonly softGraceMs?: Readonly<Partial<Record<PressureSignal, number>>>;
  /** `evictionMinimumReclaim`: how much more than the threshold must be free again. Default nothing. */
  readonly minimumReclaim?: Thresholds;
}

/** One threshold, read. */
export interface ThresholdRule {
  readonly signal: PressureSignal;
  readonly kind: 'hard' | 'soft';
  readonly threshold: Threshold;
  /** As configured: `100Mi`, `10%`. */
  readonly text: string;
  /** How long it must be met before pods are evicted; 0 for a hard one. */
  readonly graceMs: number;
  readonly minimumReclaim: Threshold | undefined;
}

/**
 * All thresholds, the hard ones first. `0%` and `100%` switch a signal off.
 *
 * @throws {InvalidQuantityError} when one cannot be read.
 */
export function thresholdRules({
  hard,
  soft = {},
  softGraceMs = {},
  minimumReclaim = {},
}: EvictionThresholds): ThresholdRule[] {
  const rules = (kind: 'hard' | 'soft', thresholds: Thresholds) =>
    Object.entries(thresholds)
      .filter(([, text]) => !/^(?:0|100)%$/.test(text.trim()))
      .map(([key, text]): ThresholdRule => {
        const signal = key as PressureSignal;
        const reclaim = minimumReclaim[signal];
        return {
          signal,
          kind,
          threshold: parseThreshold(text),
          text,
          graceMs: kind === 'hard' ? 0 : (softGraceMs[signal] ?? 0),
          minimumReclaim: reclaim === undefined ? undefined : parseThreshold(reclaim),
        };
      });
  return [...rules('hard', hard), ...rules('soft', soft)];
}
