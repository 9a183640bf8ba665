import type { Pod } from '../../kube-types.js';
import { quantityValue } from '../../resources/quantity.js';

/** Bytes a container may use by its pod's spec; `undefined` without a limit, which 0 is too. */
export function memoryLimitOf({ spec }: Pod, name: string): number | undefined {
  const found = [...spec.containers, ...(spec.initContainers ?? [])].find((one) => one.name === name);
  const limit = found?.resources?.limits?.['memory'];
  return limit === undefined ? undefined : quantityValue(limit) || undefined;
}
