import type { Message } from '@edgecore/beehive';
import type { StoredObject } from '../objects/stored-object.js';
import { isNewer } from '../objects/stored-object.js';

/** A message that must be confirmed before the next one goes out. */
export interface AckEntry {
  readonly key: string;
  readonly message: Message;
  /** What the message is about; its confirmation is recorded. Absent for deletions of objects the cloud never had. */
  readonly object?: StoredObject;
  readonly deletes: boolean;
  /** How often it was given up before. */
  readonly failures: number;
}

interface Sent {
  readonly version: string;
  /** The object is going or gone: nothing but its deletion may follow. */
  readonly final: boolean;
  readonly deletes: boolean;
}

/**
 * Messages waiting for their turn, at most one per object: a newer one takes
 * the place of the one still waiting (wire.md §5.4).
 */
export class AckQueue {
  readonly #waiting = new Map<string, AckEntry>();
  readonly #latest = new Map<string, Sent>();

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Takes the entry unless it is not newer than what was queued before for the same object; with `always` in any case.
   * @returns whether it was taken.
   */
  offer(entry: AckEntry, { always = false } = {}): boolean {
    if (always) {
      this.#waiting.set(entry.key, entry);
      return true;
    }
    const version = entry.message.resourceVersion;
    const final = entry.deletes || entry.object?.metadata.deletionTimestamp !== undefined;
    const latest = this.#latest.get(entry.key);
    if (!final && latest && !follows(version, latest)) return false;
    this.#latest.set(entry.key, { version, final, deletes: entry.deletes });
    this.#waiting.set(entry.key, entry);
    return true;
  }

  /** Puts an entry that was given up back, unless a newer one waits. */
  giveBack(entry: AckEntry): void {
    if (!this.#waiting.has(entry.key)) this.#waiting.set(entry.key, entry);
  }

  take(): AckEntry | undefined {
    for (const [key, entry] of this.#waiting) {
      this.#waiting.delete(key);
      return entry;
    }
    return undefined;
  }

  /** A confirmed deletion makes room for a new object of the same name. */
  forget(key: string): void {
    if (!this.#waiting.has(key)) this.#latest.delete(key);
  }

  /** Was the deletion of the object queued already? */
  knowsDeletion(key: string): boolean {
    return this.#latest.get(key)?.deletes === true;
  }

  /** Was this version of the object, or its end, queued already? */
  knows(key: string, version: string): boolean {
    const latest = this.#latest.get(key);
    return latest !== undefined && !follows(version, latest);
  }
}

/** After an object's end nothing follows, unless it only left the sight of a watch and is back with a newer version. */
function follows(version: string, { final, deletes, version: before }: Sent): boolean {
  return isNewer(version, before) && (!final || (deletes && before !== ''));
}
