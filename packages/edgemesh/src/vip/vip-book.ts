import type { ServiceKey } from '../model/names.js';
import type { VipPool } from './vip-pool.js';

/** What the database must hold afterwards. */
export interface VipChange {
  readonly key: ServiceKey;
  /** `undefined`: the row goes. */
  readonly address: string | undefined;
}

/** Who has which address, both ways. */
export class VipBook {
  readonly #byService = new Map<ServiceKey, string>();
  readonly #byAddress = new Map<string, ServiceKey>();

  constructor(private readonly pool: VipPool) {}

  /** Addresses in use. */
  get size(): number {
    return this.#byService.size;
  }

  addressOf(key: ServiceKey): string | undefined {
    return this.#byService.get(key);
  }

  serviceAt(address: string): ServiceKey | undefined {
    return this.#byAddress.get(address);
  }

  /**
   * Takes over what was stored: first every address that can be kept, and only
   * then new ones, or two services could end up with the same (edgemesh.md §5.1).
   *
   * @returns what must change in the database.
   */
  restore(stored: ReadonlyMap<ServiceKey, string>, wanted: Iterable<ServiceKey>): VipChange[] {
    const keys = [...wanted];
    const known = new Set(keys);
    const changes: VipChange[] = [];
    for (const [key, address] of stored) {
      if (!known.has(key)) changes.push({ key, address: undefined });
      else if (this.pool.reserve(address)) this.#set(key, address);
    }
    for (const key of keys) {
      if (this.#byService.has(key)) continue;
      const address = this.assign(key);
      if (address !== undefined) changes.push({ key, address });
      else if (stored.has(key)) changes.push({ key, address: undefined });
    }
    return changes;
  }

  /** The service's address, a new one if it has none; `undefined` when the pool is exhausted. */
  assign(key: ServiceKey): string | undefined {
    const present = this.#byService.get(key);
    if (present !== undefined) return present;
    const address = this.pool.allocate();
    if (address !== undefined) this.#set(key, address);
    return address;
  }

  remove(key: ServiceKey): boolean {
    const address = this.#byService.get(key);
    if (address === undefined) return false;
    this.#byService.delete(key);
    this.#byAddress.delete(address);
    this.pool.release(address);
    return true;
  }

  #set(key: ServiceKey, address: string): void {
    this.#byService.set(key, address);
    this.#byAddress.set(address, key);
  }
}
