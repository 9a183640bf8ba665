import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, type Logger, Operation } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { Connection } from '@edgecore/viaduct';
import type { StoredObject } from '../objects/stored-object.js';
import { isNewer } from '../objects/stored-object.js';
import { type AckEntry, AckQueue } from './ack-queue.js';
import { type HubRules, isSendable } from './hub-rules.js';
import { Latch } from './latch.js';
import { NEVER_CONFIRMED, type SyncRecords } from './sync-records.js';

export interface SessionTiming {
  /** Pause between two sends of an unconfirmed message. Default 5000 ms. */
  readonly ackIntervalMs: number;
  /** Sends before giving up. Default 5. */
  readonly sends: number;
  /** First pause before a given-up message is queued again, doubling. Default 5 ms. */
  readonly retryBaseMs: number;
}

export interface NodeSessionOptions {
  readonly node: string;
  readonly rules: HubRules;
  readonly sync: SyncRecords;
  readonly timing: SessionTiming;
  readonly logger: Logger;
}

const RETRY_CAP_MS = 1_000_000;
/** Unconfirmed messages waiting for the socket; above it the newest is dropped, as when not connected. */
const MAX_UNSENT = 1000;
const WRITE_ERROR_PAUSE_MS = 2000;

/** What the hub keeps for one node: its connection and its two queues (wire.md §5.4, §5.5). */
export class NodeSession {
  readonly #queue = new AckQueue();
  readonly #changed = new Latch();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #connection: Connection | undefined;
  #inFlight: { readonly id: string; readonly confirmed: () => void } | undefined;
  #unsent = 0;
  #plain: Promise<void> = Promise.resolve();

  constructor(private readonly options: NodeSessionOptions) {
    this.#done = this.#run();
  }

  get node(): string {
    return this.options.node;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get closed(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Takes over a connection; @returns the one it replaces. */
  attach(connection: Connection): Connection | undefined {
    const replaced = this.#connection;
    this.#connection = connection;
    this.#changed.open();
    return replaced;
  }

  /** Forgets the connection if it is still the one. */
  detach(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  /**
   * Sends a message by the rules of its class. `object` is what the message
   * carries, for its sync record.
   */
  async send(message: Message, object?: StoredObject): Promise<void> {
    const { rules, node, sync, logger } = this.options;
    if (!rules.profile.needsAck(message)) {
      this.#sendPlain(message);
      return;
    }
    if (!isSendable(message)) {
      logger.debug({ node, resource: message.resource }, 'not sent: no resource version');
      return;
    }
    const answer = message.operation === Operation.response;
    const deletes = message.operation === Operation.delete;
    if (object && !deletes) {
      const record = sync.get(node, object.metadata.uid);
      if (!record && !rules.insertsUnsyncedPods) await sync.put(node, object, NEVER_CONFIRMED);
      const going = object.metadata.deletionTimestamp !== undefined;
      const confirmed = record !== undefined && !isNewer(message.resourceVersion, record.version);
      if (confirmed && !going && !(answer && !rules.dropsKnownAnswers)) return;
    }
    const key = rules.keyOf(message);
    const always = answer && !rules.dropsKnownAnswers;
    const entry = { key: always ? `${key}#${message.id}` : key, message, deletes, failures: 0 };
    if (this.#queue.offer(object ? { ...entry, object } : entry, { always })) this.#changed.open();
  }

  /** True when this version was queued in this session: the resync need not repeat it. */
  hasQueued(message: Message): boolean {
    const key = this.options.rules.keyOf(message);
    return message.operation === Operation.delete
      ? this.#queue.knowsDeletion(key)
      : this.#queue.knows(key, message.resourceVersion);
  }

  /** An edge's `response` to one of our messages. Unknown ids are nobody's. */
  acknowledge(parentId: string): void {
    if (this.#inFlight?.id === parentId) this.#inFlight.confirmed();
  }

  /** Ends the session; what waits is dropped. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#changed.open();
    await this.#done;
  }

  #sendPlain(message: Message): void {
    const { node, logger } = this.options;
    if (!this.#connection || this.#unsent >= MAX_UNSENT) {
      logger.debug({ node, resource: message.resource }, 'not connected: an unconfirmed message is lost');
      return;
    }
    const connection = this.#connection;
    this.#unsent += 1;
    this.#plain = this.#plain
      .then(() => connection.send(message))
      .catch((error: unknown) => logger.debug({ node, err: errorText(error) }, 'a message could not be sent'))
      .finally(() => {
        this.#unsent -= 1;
      });
  }

  async #run(): Promise<void> {
    while (!this.closed) {
      const entry = this.#connection ? this.#queue.take() : undefined;
      if (!entry) {
        await this.#changed.wait();
        continue;
      }
      try {
        if (await this.#deliver(entry)) await this.#record(entry);
        else if (!this.closed) this.#giveUp(entry);
      } catch (error) {
        const { node, logger } = this.options;
        logger.error({ node, resource: entry.message.resource, err: errorText(error) }, 'a delivery failed');
      }
    }
  }

  /** One message, sent up to five times with the same id. @returns whether it was confirmed. */
  async #deliver(entry: AckEntry): Promise<boolean> {
    const { sends, ackIntervalMs } = this.options.timing;
    const { message } = entry;
    const acknowledged = new Latch();
    this.#inFlight = { id: message.id, confirmed: () => acknowledged.open() };
    try {
      for (let send = 0; send < sends && !this.closed; send++) {
        const connection = this.#connection;
        // A queue that outlives its connection waits for the next one.
        if (!connection) {
          await this.#pause(acknowledged, WRITE_ERROR_PAUSE_MS);
          send -= 1;
          continue;
        }
        await connection.send(message).catch(() => this.detach(connection));
        if (await this.#pause(acknowledged, ackIntervalMs)) return true;
      }
      return false;
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #record(entry: AckEntry): Promise<void> {
    const { sync, node } = this.options;
    const { object, deletes, key } = entry;
    if (deletes) this.#queue.forget(key);
    if (!object) return;
    if (deletes) await sync.remove(node, object.metadata.uid);
    else await sync.put(node, object, entry.message.resourceVersion);
  }

  #giveUp(entry: AckEntry): void {
    const { rules, node, timing, logger } = this.options;
    const { resource, operation, id } = entry.message;
    logger.warn({ node, resource, operation, id }, 'the edge did not confirm a message');
    if (!rules.retriesGivenUp) return;
    const delayMs = Math.min(timing.retryBaseMs * 2 ** entry.failures, RETRY_CAP_MS);
    const back = () => {
      this.#queue.giveBack({ ...entry, failures: entry.failures + 1 });
      this.#changed.open();
    };
    // Aborting ends the wait; there is no queue to come back to then.
    sleep(delayMs, undefined, { signal: this.#stop.signal }).then(back, () => {});
  }

  async #pause(acknowledged: Latch, ms: number): Promise<boolean> {
    return acknowledged.wait({ timeoutMs: ms, signal: this.#stop.signal });
  }
}
