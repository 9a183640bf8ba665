/** A publish that waits for the broker. */
export interface QueuedPublish {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly bytes: number;
}

/** Publishes waiting for the external broker: FIFO, bounded, the oldest go (eventbus.md §2). */
export class PublishQueue {
  #items: QueuedPublish[] = [];
  #head = 0;
  #bytes = 0;

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
  ) {}

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** @returns how many older ones were dropped for it. */
  push(topic: string, payload: Uint8Array | string): number {
    const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    const item = { topic, payload, bytes: size + topic.length };
    this.#items.push(item);
    this.#bytes += item.bytes;
    let dropped = 0;
    while (this.length > this.maxMessages || (this.#bytes > this.maxBytes && this.length > 1)) {
      this.shift();
      dropped += 1;
    }
    return dropped;
  }

  shift(): QueuedPublish | undefined {
    const item = this.#items[this.#head];
    if (!item) return undefined;
    this.#head += 1;
    this.#bytes -= item.bytes;
    // The array is cut now and then, not with each message.
    if (this.#head === this.#items.length || this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
