import type { Pod } from '../kube-types.js';
import type { MetThreshold } from '../node/pressure.js';
import type { PressureSignal } from '../node/threshold.js';
import { type Candidate, isCritical, resourceOf } from './candidate.js';
import { evictionMessage } from './eviction-message.js';
import { rankCandidates } from './rank.js';

/** Memory first: the kernel kills whom it likes when it is gone. */
const ORDER: readonly PressureSignal[] = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
];

/** The threshold to act on: by signal, a hard one before a soft one. */
export function mostUrgent(due: readonly MetThreshold[]): MetThreshold | undefined {
  return [...due].sort(
    (a, b) =>
      ORDER.indexOf(a.rule.signal) - ORDER.indexOf(b.rule.signal) ||
      Number(a.rule.kind === 'soft') - Number(b.rule.kind === 'soft'),
  )[0];
}

export interface Eviction {
  readonly pod: Pod;
  /** For the pod's status. */
  readonly message: string;
  /** 0: its containers are killed as fast as possible. */
  readonly graceMs: number;
}

export interface EvictionInput {
  readonly threshold: MetThreshold;
  /** All pods that run; who must stay is left out here. */
  readonly pods: readonly Candidate[];
  /** Most a pod gets to end after a soft threshold. */
  readonly maxPodGraceMs: number;
}

/** The one pod to evict now, `undefined` when none may be. Pure. */
export function planEviction({ threshold, pods, maxPodGraceMs }: EvictionInput): Eviction | undefined {
  const evictable = pods.filter(({ pod }) => !isCritical(pod));
  const victim = rankCandidates(evictable, resourceOf(threshold.rule.signal))[0];
  if (!victim) return undefined;
  const { pod } = victim;
  const ownGraceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  return {
    pod,
    message: evictionMessage(threshold, victim),
    graceMs: threshold.rule.kind === 'hard' ? 0 : Math.min(maxPodGraceMs, ownGraceMs),
  };
}
