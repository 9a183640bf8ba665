import { quantityValue } from '../resources/quantity.js';

/** How much must stay free: an amount, or a share of the whole (`10%`). */
export type Threshold = { readonly amount: number } | { readonly share: number };

/** Signals a threshold can be set for (kubelet's names). */
export type PressureSignal =
  | 'memory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'pid.available';

export type Thresholds = Readonly<Partial<Record<PressureSignal, string>>>;

/** Defaults of `evictionHard` (edged.md §1.2). */
export const DEFAULT_THRESHOLDS: Thresholds = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};

/** @throws {InvalidQuantityError} */
export function parseThreshold(text: string): Threshold {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text.trim())?.[1];
  return share === undefined ? { amount: quantityValue(text) } : { share: Number(share) / 100 };
}

/**
 * The threshold as an amount of `whole`. Shares are computed as Go does, with
 * a 32-bit factor, so that allocatable figures equal a Go node's to the byte.
 */
export function thresholdAmount(threshold: Threshold, whole: number): number {
  return 'amount' in threshold ? threshold.amount : Math.floor(whole * Math.fround(threshold.share));
}
