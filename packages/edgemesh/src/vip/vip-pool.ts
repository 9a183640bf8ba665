import { addressNumber, addressText, isUsable, type Subnet } from './subnet.js';

export interface VipPoolOptions {
  readonly subnet: Subnet;
  /** How long a freed address is given to nobody, ms: clients may still have it from the DNS. */
  readonly quarantineMs: number;
  readonly now: () => number;
}

/**
 * The virtual addresses of a subnet: never used ones in ascending order first,
 * then freed ones, the longest free first (edgemesh.md §5.1).
 */
export class VipPool {
  readonly #options: VipPoolOptions;
  readonly #taken = new Set<number>();
  /** Freed addresses and when; a map keeps its order. */
  readonly #freed = new Map<number, number>();
  #next = 1;

  constructor(options: VipPoolOptions) {
    this.#options = options;
  }

  get taken(): number {
    return this.#taken.size;
  }

  /** Takes an address somebody had before; false when it is outside the subnet or another's. */
  reserve(address: string): boolean {
    const { subnet } = this.#options;
    if (!isUsable(subnet, address)) return false;
    const offset = addressNumber(address) - subnet.base;
    if (this.#taken.has(offset)) return false;
    this.#freed.delete(offset);
    this.#taken.add(offset);
    return true;
  }

  /** The next address; `undefined` when there is none left or all free ones are in quarantine. */
  allocate(): string | undefined {
    const { subnet, quarantineMs, now } = this.#options;
    while (this.#next < subnet.size - 1) {
      const offset = this.#next++;
      if (!this.#taken.has(offset) && !this.#freed.has(offset)) return this.#take(offset);
    }
    for (const [offset, since] of this.#freed) {
      if (now() - since < quarantineMs) return undefined;
      return this.#take(offset);
    }
    return undefined;
  }

  release(address: string): void {
    const offset = addressNumber(address) - this.#options.subnet.base;
    if (this.#taken.delete(offset)) this.#freed.set(offset, this.#options.now());
  }

  #take(offset: number): string {
    this.#freed.delete(offset);
    this.#taken.add(offset);
    return addressText(this.#options.subnet.base + offset);
  }
}
