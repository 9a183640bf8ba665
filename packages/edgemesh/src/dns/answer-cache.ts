import { RecordType } from './constants.js';
import type { Query } from './query.js';
import { lifetime, type Response } from './response.js';

export interface AnswerCacheOptions {
  /** Default 2000 answers. */
  readonly maxEntries?: number;
  /** Longest time an answer is kept, seconds. Default 3600. */
  readonly maxSeconds?: number;
  readonly now?: () => number;
}

interface Entry {
  readonly packet: Buffer;
  readonly ttlOffsets: readonly number[];
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** Answers of upstream servers, as long as their records live; the oldest goes when it is full. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #maxSeconds: number;
  readonly #now: () => number;

  constructor({ maxEntries = 2000, maxSeconds = 3600, now = Date.now }: AnswerCacheOptions = {}) {
    this.#maxEntries = maxEntries;
    this.#maxSeconds = maxSeconds;
    this.#now = now;
  }

  /** The kept answer, with what is left of the lifetimes. */
  get(query: Query): Buffer | undefined {
    const key = keyOf(query);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const now = this.#now();
    if (now >= entry.expiresAt || now < entry.storedAt) {
      this.#entries.delete(key);
      return undefined;
    }
    const packet = Buffer.from(entry.packet);
    const age = Math.floor((now - entry.storedAt) / 1000);
    for (const at of entry.ttlOffsets) packet.writeUInt32BE(Math.max(0, packet.readUInt32BE(at) - age), at);
    return packet;
  }

  /** Keeps an answer; `packet` has no EDNS record. */
  put(query: Query, packet: Buffer, response: Response): void {
    const seconds = Math.min(lifetime(response, packet), this.#maxSeconds);
    if (seconds === 0) return;
    const now = this.#now();
    const key = keyOf(query);
    this.#entries.delete(key);
    if (this.#entries.size >= this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(key, {
      packet,
      // An OPT record has flags where others have their lifetime.
      ttlOffsets: response.records.filter(({ type }) => type !== RecordType.OPT).map(({ ttlAt }) => ttlAt),
      storedAt: now,
      expiresAt: now + seconds * 1000,
    });
  }
}

/** Question, and what changes the answer besides: RD, CD and DO. */
function keyOf({ packet, labels, type, questionEnd, edns }: Query): string {
  const flags = packet.readUInt16BE(2) & 0x0110;
  const name = labels.map((label) => `${label.length}:${label}`).join('');
  const dnssec = edns?.wantsDnssec ? 1 : 0;
  return `${type} ${packet.readUInt16BE(questionEnd - 2)} ${flags} ${dnssec} ${name}`;
}
