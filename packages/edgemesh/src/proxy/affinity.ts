interface Bond {
  readonly backend: string;
  lastUsed: number;
}

/** Clients remembered per service port; the one not seen for longest goes first. */
const MAX_CLIENTS = 10_000;

/** Which endpoint a client address has, until it has not been used for `timeoutMs`. */
export class Affinity {
  readonly #bonds = new Map<string, Bond>();

  constructor(
    private readonly timeoutMs: number,
    private readonly now: () => number,
  ) {}

  get(client: string): string | undefined {
    const bond = this.#bonds.get(client);
    if (!bond) return undefined;
    if (this.now() - bond.lastUsed < this.timeoutMs) return bond.backend;
    this.#bonds.delete(client);
    return undefined;
  }

  set(client: string, backend: string): void {
    this.#bonds.delete(client);
    if (this.#bonds.size >= MAX_CLIENTS) this.#bonds.delete(this.#bonds.keys().next().value!);
    this.#bonds.set(client, { backend, lastUsed: this.now() });
  }
}
