/** A CSI driver of this node. */
export interface CsiDriver {
  readonly name: string;
  /** Path of its socket. */
  readonly endpoint: string;
  /** How the driver calls this node. */
  readonly nodeId: string;
  /** The registration socket it came by. */
  readonly registeredBy: string;
}

/** The registered drivers by name. */
export class DriverRegistry {
  readonly #drivers = new Map<string, CsiDriver>();
  readonly #listeners = new Set<() => void>();

  get(name: string): CsiDriver | undefined {
    return this.#drivers.get(name);
  }

  all(): readonly CsiDriver[] {
    return [...this.#drivers.values()];
  }

  /** The newest registration of a name counts. */
  add(driver: CsiDriver): void {
    this.#drivers.set(driver.name, driver);
    for (const listener of this.#listeners) listener();
  }

  /** Forgets the driver that came by this socket, unless it has been registered by another since. */
  removeBy(registeredBy: string): CsiDriver | undefined {
    const driver = this.all().find((one) => one.registeredBy === registeredBy);
    if (!driver) return undefined;
    this.#drivers.delete(driver.name);
    for (const listener of this.#listeners) listener();
    return driver;
  }

  /** Calls back after each change; the returned function ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
