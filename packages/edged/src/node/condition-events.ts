import type { NodeCondition } from './node-types.js';

type Record = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** kubelet's event for each new state of a condition: `[when True, when False]`. */
const REASONS: Readonly<{ [type: string]: readonly [string, string] }> = {
  Ready: ['NodeReady', 'NodeNotReady'],
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
};

/** Makes a node event whenever a condition changes its status; all are `Normal`, as kubelet's. */
export function conditionEvents(nodeName: string, record: Record) {
  const known = new Map<string, NodeCondition['status']>();
  return (conditions: readonly NodeCondition[]): void => {
    for (const { type, status } of conditions) {
      const reasons = REASONS[type];
      if (!reasons || known.get(type) === status) continue;
      known.set(type, status);
      const reason = reasons[status === 'True' ? 0 : 1];
      record('Normal', reason, `Node ${nodeName} status is now: ${reason}`);
    }
  };
}
