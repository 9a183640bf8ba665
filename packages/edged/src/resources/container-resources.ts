import type { ResourceConfig } from '@edgecore/container-runtime';
import type { Container, Pod } from '../kube-types.js';
import { qosClass } from './qos.js';
import { quantityMilliValue, quantityValue } from './quantity.js';

/** Period of the CPU quota in microseconds. */
const CPU_PERIOD = 100_000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const MIN_QUOTA = 1000;
/** The kernel takes no more: 2^44 microseconds, less one. */
const MAX_QUOTA = 2 ** 44 - 1;

/** Score of containers the kernel must kill last, and of those it may kill first. */
const OOM_GUARANTEED = -997;
const OOM_BEST_EFFORT = 1000;
/** Priority from which a pod counts as node-critical (`system-node-critical`). */
const NODE_CRITICAL_PRIORITY = 2_000_001_000;

export interface ResourceLimits {
  /** Bytes of memory of the node: divisor of the OOM score. */
  readonly nodeMemoryBytes: number;
  /** Apply CPU limits as CFS quota. */
  readonly cpuQuota: boolean;
}

/** Engine settings of a container's requests and limits (edged.md §6.5). */
export function containerResources(pod: Pod, container: Container, node: ResourceLimits): ResourceConfig {
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = milli(limits?.['cpu']);
  const cpuRequest = requests?.['cpu'] === undefined ? cpuLimit : milli(requests['cpu']);
  const memoryLimit = limits?.['memory'] === undefined ? 0 : quantityValue(limits['memory']);
  const memoryLimitBytes = Math.min(memoryLimit, Number.MAX_SAFE_INTEGER);
  return {
    cpuShares: cpuShares(cpuRequest),
    ...(node.cpuQuota && cpuLimit > 0 && { cpuPeriod: CPU_PERIOD, cpuQuota: cpuQuota(cpuLimit) }),
    ...(memoryLimit > 0 && { memoryLimitBytes }),
    oomScoreAdj: oomScoreAdj(pod, container, node.nodeMemoryBytes),
  };
}

/** Milli-CPU as cgroup shares. */
export function cpuShares(milliCpu: number): number {
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milliCpu * 1024) / 1000)));
}

/** Milli-CPU as microseconds of CPU time per period. */
export function cpuQuota(milliCpu: number): number {
  return Math.min(MAX_QUOTA, Math.max(MIN_QUOTA, Math.floor((milliCpu * CPU_PERIOD) / 1000)));
}

export function oomScoreAdj(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  if ((pod.spec.priority ?? 0) >= NODE_CRITICAL_PRIORITY) return OOM_GUARANTEED;
  const qos = qosClass(pod.spec);
  if (qos === 'Guaranteed') return OOM_GUARANTEED;
  if (qos === 'BestEffort') return OOM_BEST_EFFORT;
  const { requests, limits } = container.resources ?? {};
  const memory = requests?.['memory'] ?? limits?.['memory'];
  const bytes = memory === undefined ? 0 : quantityValue(memory);
  const score = 1000 - Math.floor((1000 * bytes) / nodeMemoryBytes);
  // Never better than a guaranteed pod, never as bad as a best-effort one.
  return Math.min(OOM_BEST_EFFORT - 1, Math.max(1000 + OOM_GUARANTEED, score));
}

function milli(quantity: string | undefined): number {
  return quantity === undefined ? 0 : quantityMilliValue(quantity);
}
