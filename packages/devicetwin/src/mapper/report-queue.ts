/** Values that are sent together; the agent takes all of them or none. */
export interface Batch {
  readonly eventId: string;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * What the agent has not confirmed yet: the last value of each property, one
 * batch on its way at a time. Never grows beyond the number of properties.
 */
export class ReportQueue {
  readonly #pending = new Map<string, string>();
  /** Refused together with others: each is tried alone, so that one bad value does not hold up the rest. */
  readonly #alone = new Set<string>();
  #sent: Batch | undefined;

  constructor(private readonly newId: () => string) {}

  get empty(): boolean {
    return this.#pending.size === 0;
  }

  /** The batch without an answer. */
  get sent(): Batch | undefined {
    return this.#sent;
  }

  add(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) this.#pending.set(name, value);
  }

  /** What to send now; `undefined` while an answer is outstanding, or when there is nothing. */
  next(): Batch | undefined {
    if (this.#sent || this.empty) return undefined;
    const [alone] = [...this.#alone].filter((name) => this.#pending.has(name));
    const values = alone === undefined ? [...this.#pending] : [[alone, this.#pending.get(alone)!] as const];
    this.#sent = { eventId: this.newId(), values: Object.fromEntries(values) };
    return this.#sent;
  }

  /** Stored; values that changed meanwhile stay. */
  confirmed(): void {
    this.#settle((name, value) => {
      this.#alone.delete(name);
      if (this.#pending.get(name) === value) this.#pending.delete(name);
    });
  }

  /** Not valid. @returns the properties given up; empty when they are tried one by one. */
  refused(): string[] {
    const names = Object.keys(this.#sent?.values ?? {});
    if (names.length > 1) {
      this.#settle((name) => this.#alone.add(name));
      return [];
    }
    this.confirmed();
    return names;
  }

  /** No answer, or one that asks to try again. */
  failed(): void {
    this.#sent = undefined;
  }

  #settle(each: (name: string, value: string) => void): void {
    for (const [name, value] of Object.entries(this.#sent?.values ?? {})) each(name, value);
    this.#sent = undefined;
  }
}
