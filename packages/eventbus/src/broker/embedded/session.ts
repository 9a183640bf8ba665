/** A message, or the release of one, on its way to a client: what aedes calls a packet. */
export interface Outgoing {
  /** Order of the queue, and the id of its row. */
  readonly id: number;
  cmd: 'publish' | 'pubrel';
  /** With `brokerCounter`: by this aedes finds the message again before it has a message id. */
  brokerId: string;
  brokerCounter: number;
  messageId: number | undefined;
  readonly topic: string;
  payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
}

/** Bounds of one queue. */
export interface QueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** What the broker keeps for a client that asked for a lasting session (MQTT 3.1.1 §3.1.2.4). */
export class Session {
  /** QoS by filter. */
  readonly subscriptions = new Map<string, number>();
  /** Ids of QoS 2 messages received and not released yet. */
  readonly incoming = new Set<number>();
  readonly #queue = new Map<number, Outgoing>();
  readonly #byMessageId = new Map<number, Outgoing>();
  readonly #byOrigin = new Map<string, Outgoing>();
  #bytes = 0;

  constructor(readonly client: string) {}

  get queued(): number {
    return this.#queue.size;
  }

  get isEmpty(): boolean {
    return this.subscriptions.size === 0 && this.incoming.size === 0 && this.#queue.size === 0;
  }

  /** A copy of the queue, in order. */
  queue(): Outgoing[] {
    return [...this.#queue.values()];
  }

  /** Puts a message at the end; the oldest ones that have no room any more are returned. */
  push(entry: Outgoing, limits: QueueLimits): Outgoing[] {
    this.#queue.set(entry.id, entry);
    this.#bytes += entry.payload.length;
    this.#index(entry);
    const dropped: Outgoing[] = [];
    while (this.#queue.size > limits.messages || (this.#bytes > limits.bytes && this.#queue.size > 1)) {
      const [oldest] = this.#queue.values();
      this.remove(oldest!);
      dropped.push(oldest!);
    }
    return dropped;
  }

  byMessageId(messageId: number): Outgoing | undefined {
    return this.#byMessageId.get(messageId);
  }

  byOrigin(brokerId: string, brokerCounter: number): Outgoing | undefined {
    return this.#byOrigin.get(`${brokerCounter}/${brokerId}`);
  }

  /** Changes what an entry is found by. */
  change(entry: Outgoing, fields: Partial<Pick<Outgoing, 'messageId' | 'brokerId' | 'brokerCounter'>>): void {
    if (!this.#queue.has(entry.id)) return;
    this.#unindex(entry);
    Object.assign(entry, fields);
    this.#index(entry);
  }

  /** The client has the message: only its release is left to be sent. */
  release(entry: Outgoing): void {
    this.#bytes -= entry.payload.length;
    entry.cmd = 'pubrel';
    entry.payload = Buffer.alloc(0);
  }

  remove(entry: Outgoing): void {
    if (!this.#queue.delete(entry.id)) return;
    this.#bytes -= entry.payload.length;
    this.#unindex(entry);
  }

  #index(entry: Outgoing): void {
    if (entry.messageId !== undefined) this.#byMessageId.set(entry.messageId, entry);
    this.#byOrigin.set(`${entry.brokerCounter}/${entry.brokerId}`, entry);
  }

  #unindex(entry: Outgoing): void {
    if (entry.messageId !== undefined && this.#byMessageId.get(entry.messageId) === entry) {
      this.#byMessageId.delete(entry.messageId);
    }
    const origin = `${entry.brokerCounter}/${entry.brokerId}`;
    if (this.#byOrigin.get(origin) === entry) this.#byOrigin.delete(origin);
  }
}
