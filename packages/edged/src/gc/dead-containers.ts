import type { ObservedPod } from '../observe/observed-pod.js';
import { exitedAt, hasExited } from '../observe/observed-pod.js';

export interface DeadContainerRules {
  /** Dead instances to keep per container name. */
  readonly keep: number;
  /** Younger ones stay. */
  readonly minAgeMs: number;
  readonly now: number;
}

export interface Garbage {
  readonly containers: readonly string[];
  readonly sandboxes: readonly string[];
}

/**
 * What of a living pod can be removed (edged.md §4.7): dead instances beyond
 * the newest, and old sandboxes that hold nothing any more. Pure.
 */
export function podGarbage(observed: ObservedPod, { keep, minAgeMs, now }: DeadContainerRules): Garbage {
  const kept = new Map<string, number>();
  const containers = new Set<string>();
  for (const container of observed.containers) {
    if (!hasExited(container)) continue;
    const count = kept.get(container.name) ?? 0;
    if (count < keep || now - exitedAt(container) < minAgeMs) kept.set(container.name, count + 1);
    else containers.add(container.id);
  }
  const sandboxes = observed.sandboxes
    .slice(1)
    .filter(({ state }) => state !== 'ready')
    .filter(({ id }) => !observed.containers.some((one) => one.sandboxId === id && !containers.has(one.id)))
    .map(({ id }) => id);
  return { containers: [...containers], sandboxes };
}
