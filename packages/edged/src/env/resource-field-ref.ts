import { ContainerHeldError } from '../errors.js';
import type { Container, Pod, ResourceFieldSelector } from '../kube-types.js';
import { ceilDivide, parseQuantity } from '../resources/quantity.js';

/** What the node can give to pods; stands in for a missing limit. */
export interface NodeAllocatable {
  readonly cpu: string;
  readonly memory: string;
  readonly ephemeralStorage: string;
}

const RESOURCE = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;

/**
 * Value of a `resourceFieldRef` (edged.md §6.3): the quantity divided by the
 * divisor, rounded up.
 *
 * @throws {ContainerHeldError} `CreateContainerConfigError` for an unknown resource or container.
 */
export function resourceValue(
  pod: Pod,
  self: Container | undefined,
  selector: ResourceFieldSelector,
  allocatable: NodeAllocatable,
): string {
  const container = selector.containerName ? findContainer(pod, selector.containerName) : self;
  if (!container) {
    throw held(`resourceFieldRef ${selector.resource} names no container of this pod`);
  }
  const match = RESOURCE.exec(selector.resource);
  if (!match) throw held(`unsupported container resource: ${selector.resource}`);
  const [, kind, resource] = match as unknown as [string, 'limits' | 'requests', string];
  const limit = container.resources?.limits?.[resource];
  const request = container.resources?.requests?.[resource];
  const quantity =
    kind === 'limits' ? (limit ?? nodeShare(resource, allocatable)) : (request ?? limit ?? '0');
  // A divisor of "0" is what an API server writes for "not given".
  const divisor = parseQuantity(selector.divisor ?? '1') || parseQuantity('1');
  return ceilDivide(parseQuantity(quantity), divisor).toString();
}

function nodeShare(resource: string, allocatable: NodeAllocatable): string {
  if (resource === 'cpu') return allocatable.cpu;
  if (resource === 'memory') return allocatable.memory;
  if (resource === 'ephemeral-storage') return allocatable.ephemeralStorage;
  return '0';
}

function findContainer(pod: Pod, name: string): Container | undefined {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === name);
}

function held(message: string): ContainerHeldError {
  return new ContainerHeldError('CreateContainerConfigError', message);
}
