import type { Logger } from '@edgecore/api';
import type { Pod } from '../kube-types.js';
import type { Clock } from './clock.js';

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

/** A warning that repeats itself is told again after this long. */
const REPEAT_MS = 600_000;
/** Warnings remembered; beyond it the oldest may be told early. */
const REMEMBERED = 1000;

/**
 * Events as log lines (edged.md §10.2: what the 2020 edge does with them). A
 * configMap that never comes is one line per ten minutes, not one per try.
 */
export function logEvents(log: Logger, clock: Pick<Clock, 'now'>): PodEventListener {
  const told = new Map<string, number>();
  return ({ pod, container, type, reason, message }) => {
    const { namespace, name, uid } = pod.metadata;
    const fields = { namespace, pod: name, container, reason };
    const key = JSON.stringify([uid, container, reason, message]);
    const before = told.get(key);
    if (type !== 'Warning' || (before !== undefined && clock.now() - before < REPEAT_MS)) {
      log.debug(fields, message);
      return;
    }
    told.delete(key);
    told.set(key, clock.now());
    if (told.size > REMEMBERED) told.delete(told.keys().next().value!);
    log.warn(fields, message);
  };
}
