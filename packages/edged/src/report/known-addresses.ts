import type { Pod, PodStatus } from '../kube-types.js';
import type { ReplacedAddresses } from './pod-patch.js';

type Key = keyof ReplacedAddresses;

/**
 * Remembers which addresses of a pod the cloud may have. A patch merges them
 * by address and appends, so as soon as one vanishes or moves (the first one is
 * `podIP`), every further patch replaces the list: an earlier patch that did
 * may have been overtaken in the outbox.
 */
export class KnownAddresses {
  readonly #known: Record<Key, readonly string[]> = { podIPs: [], hostIPs: [] };
  readonly #replaced: Record<Key, boolean> = { podIPs: false, hostIPs: false };

  /** Takes the status about to be sent, and the pod object for what the cloud had before. */
  next(pod: Pod, status: PodStatus): ReplacedAddresses {
    for (const key of ['podIPs', 'hostIPs'] as const) {
      const now = ips(status[key]);
      this.#replaced[key] ||= !isPrefix(this.#known[key], now) || !isPrefix(ips(pod.status?.[key]), now);
      this.#known[key] = now;
    }
    return { ...this.#replaced };
  }
}

function ips(list: PodStatus['podIPs']): string[] {
  return (list ?? []).map(({ ip }) => ip);
}

function isPrefix(start: readonly string[], whole: readonly string[]): boolean {
  return start.every((ip, index) => whole[index] === ip);
}
