import type { Pod, PodStatus } from '../kube-types.js';
import type { ReplacedAddresses } from './pod-patch.js';

type Key = keyof ReplacedAddresses;

/**
 * Remembers which addresses of a pod the cloud may have. Once one of them is
 * gone every further patch replaces the list: an earlier patch that did so may have been
 * overtaken in the outbox.
 */
export class KnownAddresses {
  readonly #known: Record<Key, Set<string>> = { podIPs: new Set(), hostIPs: new Set() };
  readonly #replaced: Record<Key, boolean> = { podIPs: false, hostIPs: false };

  /** Takes the status about to be sent, and the pod object for what the cloud had before. */
  next(pod: Pod, status: PodStatus): ReplacedAddresses {
    for (const key of ['podIPs', 'hostIPs'] as const) {
      const now = new Set((status[key] ?? []).map(({ ip }) => ip));
      for (const { ip } of pod.status?.[key] ?? []) this.#known[key].add(ip);
      this.#replaced[key] ||= [...this.#known[key]].some((ip) => !now.has(ip));
      // Bounded: what was replaced needs no memory, the flag stays.
      this.#known[key] = now;
    }
    return { ...this.#replaced };
  }
}
