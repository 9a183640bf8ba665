import type { Container, PodSpec } from '../kube-types.js';
import { parseQuantity } from './quantity.js';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The two resources the class is about. */
const RESOURCES = ['cpu', 'memory'] as const;

/** QoS class of a pod (edged.md §6.5); a value of zero counts as not given. */
export function qosClass(spec: PodSpec): QosClass {
  const containers: Container[] = [...(spec.initContainers ?? []), ...spec.containers];
  const given = (quantity: string | undefined) => quantity !== undefined && parseQuantity(quantity) > 0n;
  let any = false;
  let guaranteed = true;
  for (const { resources } of containers) {
    for (const resource of RESOURCES) {
      const limit = resources?.limits?.[resource];
      const request = resources?.requests?.[resource];
      if (given(limit) || given(request)) any = true;
      // A missing request is the limit: the API server writes it so.
      const equal = given(limit) && (!given(request) || parseQuantity(request!) === parseQuantity(limit!));
      if (!equal) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
