import type { Sample, Samples } from './samples.js';
import { type PressureSignal, thresholdAmount } from './threshold.js';
import type { ThresholdRule } from './threshold-rules.js';

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

const CONDITION_OF: Readonly<Record<PressureSignal, PressureCondition>> = {
  'memory.available': 'MemoryPressure',
  'nodefs.available': 'DiskPressure',
  'nodefs.inodesFree': 'DiskPressure',
  'imagefs.available': 'DiskPressure',
  'imagefs.inodesFree': 'DiskPressure',
  'pid.available': 'PIDPressure',
};

/** A threshold that is met, with the figures that met it. */
export interface MetThreshold {
  readonly rule: ThresholdRule;
  /** The threshold as an amount. */
  readonly amount: number;
  readonly sample: Sample;
}

/** What is remembered between two looks at the node. */
export interface PressureMemory {
  /** Since when a rule is met. */
  readonly metSince: ReadonlyMap<ThresholdRule, number>;
  /** When a condition was last caused. */
  readonly lastCaused: ReadonlyMap<PressureCondition, number>;
}

export const NO_PRESSURE: PressureMemory = { metSince: new Map(), lastCaused: new Map() };

export interface PressureVerdict {
  readonly memory: PressureMemory;
  /** Set at once, cleared late (edged.md §10.4); soft thresholds cause them before their grace period is over. */
  readonly conditions: ReadonlySet<PressureCondition>;
  /** Thresholds met for at least their grace period: something must be done. */
  readonly due: readonly MetThreshold[];
}

export interface PressureTerms {
  readonly rules: readonly ThresholdRule[];
  /** A condition stays this long after the last time a threshold was met. */
  readonly transitionMs: number;
}

/**
 * Judges the newest figures. A signal that could not be read decides nothing.
 * A threshold that was met stays so until its minimum reclaim is free, too. Pure.
 */
export function judgePressure(
  before: PressureMemory,
  samples: Samples,
  { rules, transitionMs }: PressureTerms,
  now: number,
): PressureVerdict {
  const metSince = new Map<ThresholdRule, number>();
  const lastCaused = new Map(before.lastCaused);
  const due: MetThreshold[] = [];
  for (const rule of rules) {
    const sample = samples[rule.signal];
    // A whole of 0 is a file system without inodes, or without a limit.
    if (!sample || sample.whole === 0) continue;
    const amount = thresholdAmount(rule.threshold, sample.whole);
    const since = before.metSince.get(rule);
    const reclaim =
      since === undefined || !rule.minimumReclaim ? 0 : thresholdAmount(rule.minimumReclaim, sample.whole);
    if (sample.left >= amount + reclaim) continue;
    metSince.set(rule, since ?? now);
    lastCaused.set(CONDITION_OF[rule.signal], now);
    if (now - (since ?? now) >= rule.graceMs) due.push({ rule, amount, sample });
  }
  for (const [condition, at] of lastCaused)
    if (now - at >= transitionMs && at !== now) lastCaused.delete(condition);
  return { memory: { metSince, lastCaused }, conditions: new Set(lastCaused.keys()), due };
}
