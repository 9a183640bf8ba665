import { addMarks, onlyKept } from './marks.js';

const NONE: ReadonlyMap<string, number> = new Map();

/** Something to be written about what the cloud still has to hear of a device. */
export type RowChange = 'put' | 'remove' | 'none';

/**
 * One thing the cloud has to hear of (the twins of a device, or its state),
 * from being marked until it was confirmed. Keys are twin names; a state has the one key `''`.
 */
export class PendingReport {
  /** Marked and not on the way. Made when needed, as the others: there is one of these per device. */
  #waiting: Map<string, number> | undefined;
  /** In the message that waits for its confirmation. */
  #sent: ReadonlyMap<string, number> | undefined;
  /** Marks of a batch that is being written: their values are not there to be read yet. */
  #announced: ReadonlyMap<string, number> | undefined;
  /** Marks the row on disk has, or will have once what was asked for is written; `undefined` when that failed. */
  #stored: ReadonlyMap<string, number> | undefined = NONE;

  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  get isSent(): boolean {
    return this.#sent !== undefined;
  }

  /** Something kept has not been confirmed. */
  get isKept(): boolean {
    for (const [, bits] of this.#all()) if (onlyKept(bits) !== 0) return true;
    return false;
  }

  /** The kept marks, for the row. */
  row(): Record<string, number> {
    const row: Record<string, number> = Object.create(null);
    for (const [key, bits] of this.#stored ?? []) row[key] = bits;
    return row;
  }

  /** What the row of an earlier run says. */
  restore(marks: ReadonlyMap<string, number>): void {
    this.#stored = marks;
    this.#wait(marks);
  }

  /** A batch with these kept marks is about to be written: does the row change with it? */
  announce(marks: ReadonlyMap<string, number>): RowChange {
    this.#announced = marks;
    if (!this.#stored) return this.#store(this.#kept());
    if (hasMarks(this.#stored, marks)) return 'none';
    const next = new Map(this.#stored);
    addMarks(next, marks);
    this.#stored = next;
    return 'put';
  }

  /** The batch is on disk: what it marked can be read. */
  committed(): void {
    if (this.#announced) this.#wait(this.#announced);
    this.#announced = undefined;
  }

  /** The batch is not on disk, and nobody knows what the row holds. */
  failed(): void {
    this.#announced = undefined;
    this.#stored = undefined;
  }

  /** For this connection only. */
  mark(key: string, bits: number): void {
    this.#wait([[key, bits]]);
  }

  /** Everything waiting goes into a message. */
  send(): ReadonlyMap<string, number> {
    this.#sent = this.#waiting ?? NONE;
    this.#waiting = undefined;
    return this.#sent;
  }

  /** The message was confirmed: does the row change? */
  confirmed(): RowChange {
    this.#sent = undefined;
    return this.#store(this.#kept());
  }

  /** The message was not confirmed: what it had is to be said again. */
  unsent(): void {
    if (this.#sent && this.#sent.size > 0) this.#wait(this.#sent);
    this.#sent = undefined;
  }

  #wait(marks: Iterable<readonly [string, number]>): void {
    this.#waiting ??= new Map();
    addMarks(this.#waiting, marks);
  }

  #store(next: ReadonlyMap<string, number>): RowChange {
    const before = this.#stored;
    this.#stored = next.size > 0 ? next : NONE;
    if (before && sameMarks(before, next)) return 'none';
    return next.size > 0 ? 'put' : 'remove';
  }

  /** All kept marks there are. */
  #kept(): Map<string, number> {
    const marks = new Map<string, number>();
    addMarks(marks, this.#all());
    for (const [key, bits] of marks) {
      if (onlyKept(bits) === 0) marks.delete(key);
      else marks.set(key, onlyKept(bits));
    }
    return marks;
  }

  *#all(): Generator<readonly [string, number]> {
    for (const marks of [this.#waiting, this.#sent, this.#announced]) if (marks) yield* marks;
  }
}

function hasMarks(stored: ReadonlyMap<string, number>, marks: ReadonlyMap<string, number>): boolean {
  for (const [key, bits] of marks) if (((stored.get(key) ?? 0) & bits) !== bits) return false;
  return true;
}

function sameMarks(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && hasMarks(a, b) && hasMarks(b, a);
}
