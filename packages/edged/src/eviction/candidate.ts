import type { Pod } from '../kube-types.js';
import type { PressureSignal } from '../node/threshold.js';
import { isSidecar } from '../plan/restart-rule.js';
import { quantityValue } from '../resources/quantity.js';

/** What runs out, in the words of kubelet's messages. */
export type ScarceResource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

const RESOURCE_OF: Readonly<Record<PressureSignal, ScarceResource>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'nodefs.inodesFree': 'inodes',
  'imagefs.available': 'ephemeral-storage',
  'imagefs.inodesFree': 'inodes',
  'pid.available': 'pids',
};

export function resourceOf(signal: PressureSignal): ScarceResource {
  return RESOURCE_OF[signal];
}

/** A container's part of the scarce resource, in its unit: bytes, or a count. */
export interface ContainerUse {
  readonly name: string;
  readonly used: number;
  readonly request: number;
}

/** A pod that may be evicted, with what it takes of the scarce resource. */
export interface Candidate {
  readonly pod: Pod;
  readonly used: number;
  readonly request: number;
  readonly containers: readonly ContainerUse[];
}

/** Priority from which a pod is critical (`system-cluster-critical`). */
const CRITICAL_PRIORITY = 2_000_000_000;

/** Critical and static pods are never evicted, and taken in whatever the pressure (edged.md §10.4). */
export function isCritical({ metadata, spec }: Pod): boolean {
  const annotations = metadata.annotations ?? {};
  const source = annotations['kubernetes.io/config.source'];
  const isStatic = source !== undefined && source !== 'api';
  const isMirror = annotations['kubernetes.io/config.mirror'] !== undefined;
  return isStatic || isMirror || (spec.priority ?? 0) >= CRITICAL_PRIORITY;
}

/** Memory or storage a container asks for; nothing can be asked of inodes and PIDs. */
export function requestOf(
  container: { readonly resources?: Pod['spec']['containers'][number]['resources'] },
  resource: ScarceResource,
): number {
  const quantity = container.resources?.requests?.[resource];
  return quantity === undefined ? 0 : quantityValue(quantity);
}

/** Request of the pod: containers and sidecars together, or one init container that asks for more. */
export function podRequestOf({ spec }: Pod, resource: ScarceResource): number {
  const init = spec.initContainers ?? [];
  const together = [...spec.containers, ...init.filter(isSidecar)];
  const sum = together.reduce((total, container) => total + requestOf(container, resource), 0);
  return Math.max(sum, ...init.filter((one) => !isSidecar(one)).map((one) => requestOf(one, resource)));
}
