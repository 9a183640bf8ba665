import type { Compilable } from 'kysely';

/** One entry waiting to reach the cloud. */
export interface OutboxEntry<T = unknown> {
  /** Grows with every put, so a stale `remove` cannot take a newer value away. */
  readonly id: number;
  readonly key: string;
  readonly value: T;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/**
 * What must reach the cloud, durable, latest value per key (design: State).
 * Each owner (a module) has its own keys and order.
 */
export interface Outbox {
  /** Stores or replaces the entry for a key, moves it to the end, and resolves with its id when it is on disk. */
  put(owner: string, key: string, value: unknown): Promise<number>;
  /** The owner's entries, or those whose key starts with `prefix`, oldest first. */
  list<T = unknown>(owner: string, match?: { readonly prefix?: string }): Promise<OutboxEntry<T>[]>;
  /** Is the entry with this id still there, neither removed nor replaced? */
  has(owner: string, id: number): Promise<boolean>;
  /** Removes the entry if it is still the one with this id; a replaced entry stays. */
  remove(owner: string, id: number): Promise<boolean>;
  /** Removes every entry whose key is given or, with a prefix, starts with it. */
  removeKeys(owner: string, match: { readonly key: string } | { readonly prefix: string }): Promise<number>;
  size(owner: string): Promise<number>;
  /** {@link put} as a statement, to be written in one unit with the rows the entry is about. */
  putting(owner: string, key: string, value: unknown): Compilable;
  /** {@link removeKeys} of one key as a statement. */
  removing(owner: string, key: string): Compilable;
}
