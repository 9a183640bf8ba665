import { type ContainerRuntime, UnsupportedByRuntimeError } from '@edgecore/container-runtime';
import type { Pod } from '../kube-types.js';

/**
 * Refuses what only the whole pod shows and the engine would silently not do;
 * engines refuse single fields themselves. The pod then shows the reason in its status.
 *
 * @throws {UnsupportedByRuntimeError} naming the field.
 */
export function requireCapabilities({ name, capabilities }: ContainerRuntime, { spec }: Pod): void {
  if (spec.shareProcessNamespace && !capabilities.sharedProcessNamespace) {
    throw new UnsupportedByRuntimeError(name, 'spec.shareProcessNamespace');
  }
}

/** What the engine does not do though the pod asks for it, when that is no reason to refuse. */
export function capabilityWarnings({ name, capabilities }: ContainerRuntime, { spec }: Pod): string[] {
  const limited = spec.containers.some(({ resources }) => Object.keys(resources?.limits ?? {}).length > 0);
  return limited && !capabilities.resources ? [`the ${name} runtime does not enforce resource limits`] : [];
}
