import type { Logger, Metrics } from '@edgecore/api';
import type { PodServices } from '../act/pod-services.js';
import type { Pod } from '../kube-types.js';
import type { Held } from '../plan/step.js';

export interface EvictOptions {
  readonly services: Pick<PodServices, 'events'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Makes a pod `Failed` for good. False: it is over already. */
  fail(uid: string, failure: Held, graceMs: number): boolean;
}

export interface EvictOrder {
  readonly pod: Pod;
  readonly message: string;
  /** 0: its containers are killed as fast as possible. */
  readonly graceMs: number;
  /** What it is evicted for: a signal, or a limit of its own. */
  readonly signal: string;
}

export type EvictPod = (order: EvictOrder) => void;

/** Evicts pods, and says so in log, events and figures. */
export function evictor({ services, log, metrics, fail }: EvictOptions): EvictPod {
  return ({ pod, message, graceMs, signal }) => {
    const { namespace, name, uid } = pod.metadata;
    const reason = 'Evicted';
    if (!fail(uid, { reason, message }, graceMs)) return;
    log.warn({ namespace, pod: name, uid, signal }, `pod evicted: ${message}`);
    services.events({ pod, type: 'Warning', reason, message });
    metrics.count('edgecore_pods_evicted_total', { signal });
  };
}
