import type { PodSnapshot } from '../ports/status-sink.js';

/** What a path says about a pod; `uid` where the longer form is used. */
export interface PodPath {
  readonly namespace: string;
  readonly pod: string;
  readonly uid?: string;
}

/** The pod a request means; of two of one name, one that still runs. */
export function findPod(
  pods: readonly PodSnapshot[],
  { namespace, pod, uid }: PodPath,
): PodSnapshot | undefined {
  const named = pods.filter(
    ({ pod: { metadata } }) =>
      metadata.namespace === namespace &&
      metadata.name === pod &&
      (uid === undefined || uid === '' || metadata.uid === uid),
  );
  return named.find(({ status }) => status !== undefined) ?? named[0];
}
