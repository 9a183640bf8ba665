import type { Logger } from '@edgecore/api';
import type { Pod } from '../kube-types.js';

/** A Kubernetes event about a pod, before anybody decided to send it. */
export interface PodEvent {
  readonly pod: Pod;
  /** Container it is about, when it is about one. */
  readonly container?: string;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase word, as kubelet writes it: `FailedMount`, `BackOff`, `Killing`. */
  readonly reason: string;
  readonly message: string;
}

/** Takes events. Must not throw and must return at once. */
export type PodEventListener = (event: PodEvent) => void;

/** Events as log lines (edged.md §10.2: what the 2020 edge does with them). */
export function logEvents(log: Logger): PodEventListener {
  return ({ pod, container, type, reason, message }) => {
    const fields = { namespace: pod.metadata.namespace, pod: pod.metadata.name, container, reason };
    if (type === 'Warning') log.warn(fields, message);
    else log.debug(fields, message);
  };
}
