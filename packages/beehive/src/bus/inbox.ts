import type { Message } from '../message/message.js';

/** What happens when an inbox is full. */
export type Overflow =
  /** Senders wait; nothing is lost. */
  | 'wait'
  /** The oldest queued message goes. Only for traffic declared lossy. */
  | 'dropOldest'
  /** The message being sent goes. Only for traffic declared lossy. */
  | 'dropNewest';

export interface InboxOptions {
  /** Most messages waiting. Default 1024. */
  readonly capacity?: number;
  /** Default `wait`. */
  readonly overflow?: Overflow;
}

export interface InboxEvents {
  /** A message was dropped by the overflow policy. */
  dropped(message: Message): void;
  /** The queue reached 80 % of its capacity; once per excursion. */
  highWater(depth: number): void;
  /** The reader asked for the message after this one. */
  handled(message: Message, waitMs: number, handlingMs: number): void;
  /** A message was being handled when its module crashed for the second time. */
  deadLetter(message: Message): void;
  /** Closed, and the reader has had everything: nobody would read what came now. */
  drained(): void;
}

interface Entry {
  readonly message: Message;
  readonly at: number;
  deliveries: number;
}

interface PendingPut {
  readonly entry: Entry;
  accept(): void;
  refuse(reason: Error): void;
}

const HIGH_WATER = 0.8;
const MAX_DELIVERIES = 2;

/**
 * A bounded FIFO with one reader. Senders that find it full queue up in the
 * order they came, so order per sender holds (beehive.md §7 R3, R4). It
 * outlives the runs of its module: what was being handled when a run crashed is
 * delivered once more, then set aside (R8).
 */
export class Inbox {
  readonly capacity: number;
  readonly #overflow: Overflow;
  readonly #events: InboxEvents;
  readonly #queue: Entry[] = [];
  readonly #puts = new Set<PendingPut>();
  #current: Entry | undefined;
  #currentSince = 0;
  #wake: (() => void) | undefined;
  #closed = false;
  #highWaterSeen = false;

  constructor(options: InboxOptions, events: InboxEvents) {
    this.capacity = options.capacity ?? 1024;
    this.#overflow = options.overflow ?? 'wait';
    this.#events = events;
  }

  /** Messages queued, the one being handled not counted. */
  get depth(): number {
    return this.#queue.length;
  }

  /** Senders waiting for room. */
  get blocked(): number {
    return this.#puts.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Everything not handled yet: in hand, queued, and waiting for room. */
  unhandled(): Message[] {
    const queued = [...this.#queue, ...[...this.#puts].map((put) => put.entry)].map((entry) => entry.message);
    return this.#current ? [this.#current.message, ...queued] : queued;
  }

  /**
   * Queues a message. Returns `undefined` when it is in (or was dropped by
   * policy), else a put to wait for; `cancel` takes it back.
   */
  put(message: Message): { accepted: Promise<void>; cancel(): void } | undefined {
    const entry: Entry = { message, at: performance.now(), deliveries: 0 };
    if (this.#queue.length < this.capacity && this.#puts.size === 0) {
      this.#enqueue(entry);
      return undefined;
    }
    if (this.#overflow === 'dropNewest') {
      this.#events.dropped(message);
      return undefined;
    }
    if (this.#overflow === 'dropOldest') {
      const oldest = this.#queue.shift();
      if (oldest) this.#events.dropped(oldest.message);
      this.#enqueue(entry);
      return undefined;
    }
    let put!: PendingPut;
    const accepted = new Promise<void>((accept, refuse) => {
      put = { entry, accept, refuse };
    });
    // A sender that has given up waiting must not count as one that overlooks an error.
    accepted.catch(() => {});
    this.#puts.add(put);
    return { accepted, cancel: () => void this.#puts.delete(put) };
  }

  /**
   * The messages, until the inbox is closed and empty. `stop` ends the
   * iteration early without losing anything.
   */
  async *read(stop: AbortSignal): AsyncGenerator<Message, void, undefined> {
    const wake = () => this.#wake?.();
    stop.addEventListener('abort', wake, { once: true });
    try {
      while (!stop.aborted) {
        this.#finishCurrent();
        const entry = this.#take();
        if (entry) {
          yield entry.message;
          continue;
        }
        if (this.#closed) {
          this.#events.drained();
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      stop.removeEventListener('abort', wake);
    }
  }

  /** The run that was reading crashed: what it had in hand goes back to the front, once. */
  recover(): void {
    const entry = this.#current;
    if (!entry) return;
    this.#current = undefined;
    if (entry.deliveries < MAX_DELIVERIES) this.#queue.unshift(entry);
    else this.#events.deadLetter(entry.message);
  }

  /** The run that was reading ended by itself: what it had in hand counts as handled. */
  settle(): void {
    this.#finishCurrent();
  }

  /** No more messages come in; what is queued is still read. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Nobody will make room any more: senders that wait for it are told. */
  refuseWaiting(reason: Error): void {
    for (const put of this.#puts) put.refuse(reason);
    this.#puts.clear();
  }

  #enqueue(entry: Entry): void {
    this.#queue.push(entry);
    const depth = this.#queue.length;
    if (depth >= this.capacity * HIGH_WATER && !this.#highWaterSeen) {
      this.#highWaterSeen = true;
      this.#events.highWater(depth);
    }
    this.#wake?.();
  }

  #take(): Entry | undefined {
    const entry = this.#queue.shift();
    if (!entry) return undefined;
    if (this.#queue.length < this.capacity / 2) this.#highWaterSeen = false;
    entry.deliveries += 1;
    this.#current = entry;
    this.#currentSince = performance.now();
    for (const put of this.#puts) {
      this.#puts.delete(put);
      this.#enqueue(put.entry);
      put.accept();
      break;
    }
    return entry;
  }

  #finishCurrent(): void {
    const entry = this.#current;
    if (!entry) return;
    this.#current = undefined;
    const now = performance.now();
    this.#events.handled(entry.message, this.#currentSince - entry.at, now - this.#currentSince);
  }
}
