import type { Backend } from '../model/backends.js';
import { Affinity } from './affinity.js';
import type { Health } from './health.js';

/** Upstream's three names, and one more. */
export const STRATEGIES = ['RoundRobin', 'Random', 'SessionStickiness', 'LeastConnections'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Kubernetes' default for `sessionAffinity: ClientIP`. */
const DEFAULT_AFFINITY_MS = 10_800_000;

export interface BalancerOptions {
  readonly strategy: Strategy;
  /** Of the service; 0 without. */
  readonly affinityMs: number;
  readonly health: Health;
  readonly random: () => number;
  readonly now: () => number;
}

export interface PickOptions {
  /** Address of the client. */
  readonly client: string;
  /** Endpoints this connection has tried already. */
  readonly tried?: ReadonlySet<string>;
  /** The endpoint the client names itself (a cookie). */
  readonly preferred?: string | undefined;
}

/** Chooses endpoints for one port of one service. */
export class Balancer {
  readonly #options: BalancerOptions;
  readonly #affinity: Affinity | undefined;
  readonly #active = new Map<string, number>();
  #backends: readonly Backend[] = [];
  #next = 0;

  constructor(options: BalancerOptions) {
    this.#options = options;
    const { strategy, affinityMs, now } = options;
    if (affinityMs > 0 || strategy === 'SessionStickiness') {
      this.#affinity = new Affinity(affinityMs || DEFAULT_AFFINITY_MS, now);
    }
  }

  get backends(): readonly Backend[] {
    return this.#backends;
  }

  get sticky(): boolean {
    return this.#affinity !== undefined;
  }

  setBackends(backends: readonly Backend[]): void {
    this.#backends = backends;
  }

  /**
   * The endpoint for the next try; `undefined` when all were tried. Endpoints
   * that failed lately are passed over as long as there is another (edgemesh.md §9).
   */
  pick({ client, tried, preferred }: PickOptions): Backend | undefined {
    const left = tried && tried.size > 0 ? this.#backends.filter(({ id }) => !tried.has(id)) : this.#backends;
    if (left.length === 0) return undefined;
    const { health } = this.#options;
    const healthy = left.some(({ id }) => health.isOut(id))
      ? left.filter(({ id }) => !health.isOut(id))
      : left;
    const candidates = healthy.length > 0 ? healthy : left;
    const bond = preferred ?? this.#affinity?.get(client);
    const chosen =
      (bond === undefined ? undefined : candidates.find(({ id }) => id === bond)) ?? this.#choose(candidates);
    health.trying(chosen.id);
    return chosen;
  }

  /** A connection goes there. @returns to be called once when it ends. */
  connected({ id }: Backend, client: string): () => void {
    this.#affinity?.set(client, id);
    this.#active.set(id, (this.#active.get(id) ?? 0) + 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const left = (this.#active.get(id) ?? 1) - 1;
      if (left > 0) this.#active.set(id, left);
      else this.#active.delete(id);
    };
  }

  #choose(candidates: readonly Backend[]): Backend {
    const { strategy, random } = this.#options;
    if (strategy === 'Random') return candidates[Math.floor(random() * candidates.length)]!;
    const start = this.#next++;
    const turn = (index: number) => candidates[(start + index) % candidates.length]!;
    if (strategy !== 'LeastConnections') return turn(0);
    // Equal ones take turns.
    let best = turn(0);
    for (let index = 1; index < candidates.length; index++) {
      const one = turn(index);
      if ((this.#active.get(one.id) ?? 0) < (this.#active.get(best.id) ?? 0)) best = one;
    }
    return best;
  }
}
