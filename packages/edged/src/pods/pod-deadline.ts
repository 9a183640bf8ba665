import type { Pod, PodStatus } from '../kube-types.js';
import type { Held } from '../plan/step.js';

export interface Deadline {
  /** Set when the pod has been active for too long. */
  readonly failure?: Held;
  /** Milliseconds left. */
  readonly remainingMs?: number;
}

/** `spec.activeDeadlineSeconds`, counted from the pod's start time. */
export function podDeadline({ spec }: Pod, startTime: PodStatus['startTime'], now: number): Deadline {
  if (spec.activeDeadlineSeconds === undefined || startTime === undefined) return {};
  const remainingMs = Date.parse(startTime) + spec.activeDeadlineSeconds * 1000 - now;
  if (remainingMs > 0) return { remainingMs };
  return {
    failure: {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    },
  };
}
