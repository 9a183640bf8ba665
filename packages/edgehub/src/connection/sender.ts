import { type CloudLink, Group, hasCode, type Logger, ModuleName, Operation, Resource } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { Connection } from '@edgecore/viaduct';
import type { Clock } from '../clock.js';
import type { OutboundQueue } from '../outbound/outbound-queue.js';
import type { RateLimiter } from '../outbound/rate-limiter.js';
import { Wakeup } from '../wakeup.js';

export interface SenderOptions {
  readonly connection: Connection;
  readonly queue: OutboundQueue;
  readonly limiter: RateLimiter;
  readonly link: CloudLink;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly log: Logger;
  /** The operating system has taken this message of the queue. */
  readonly onWritten: (message: Message) => void;
  /** This message of the queue can never be written; it was taken out. */
  readonly onUnsendable: (message: Message, error: unknown) => void;
}

/** Throttling that lasts longer is told. */
const THROTTLE_LOG_MS = 1000;

/**
 * The one send loop of a connection. Between any two messages the keepalive
 * and the acknowledgements go first; only the others wait for the rate limit,
 * and for the very first decision about the profile (edgehub.md §5.2, §7).
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #wakeup = new Wakeup();
  readonly #urgent: Message[] = [];
  #keepaliveDue = true;
  /** The message that has its token from the rate limiter. */
  #admitted: Message | undefined;
  #throttledSince: number | undefined;
  #onIdle: (() => void)[] = [];

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends a message of the hub itself, ahead of the queue. */
  sendUrgent(message: Message): void {
    this.#urgent.push(message);
    this.#wakeup.ring();
  }

  /** Resolves when nothing is left that may be sent now. */
  idle(): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#onIdle.push(resolve);
    });
    this.#wakeup.ring();
    return idle;
  }

  /** Ends when the signal aborts. @throws what the connection's `send` throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue, link, connection } = this.#options;
    queue.onPut(this.#wakeup.ring);
    const unsubscribe = link.onChange(this.#wakeup.ring);
    signal.addEventListener('abort', this.#wakeup.ring, { once: true });
    void this.#beat(signal);
    try {
      while (!signal.aborted) {
        const next = this.#next();
        if (typeof next === 'number') await this.#pause(next);
        else if (next === undefined) await this.#rest();
        else await this.#write(next, connection);
      }
    } finally {
      unsubscribe();
      queue.onPut(() => {});
    }
  }

  /** The next message to write, milliseconds to wait for the rate limit, or `undefined` when there is none. */
  #next(): Message | number | undefined {
    const { queue, limiter, link } = this.#options;
    if (this.#keepaliveDue) {
      this.#keepaliveDue = false;
      return keepalive();
    }
    const first = this.#urgent.shift() ?? queue.nextAck();
    if (first) return first;
    const message = link.profile && queue.nextMessage();
    if (!message || this.#admitted === message) return message;
    const waitMs = limiter.take();
    if (waitMs > 0) return waitMs;
    this.#admitted = message;
    return message;
  }

  async #write(message: Message, connection: Connection): Promise<void> {
    const { queue, onWritten, onUnsendable } = this.#options;
    const queued = message === queue.nextAck() || message === queue.nextMessage();
    try {
      await connection.send(message);
    } catch (error) {
      if (!queued || !hasCode(error, 'ERR_MESSAGE_TOO_LARGE')) throw error;
      queue.confirm(message);
      onUnsendable(message, error);
      return;
    }
    if (!queued) return;
    queue.confirm(message);
    onWritten(message);
  }

  async #rest(): Promise<void> {
    this.#throttledSince = undefined;
    for (const resolve of this.#onIdle.splice(0)) resolve();
    await this.#wakeup.wait();
  }

  async #pause(ms: number): Promise<void> {
    const { clock, log, queue } = this.#options;
    const since = this.#throttledSince ?? clock.elapsed();
    if (this.#throttledSince === undefined) this.#throttledSince = since;
    else if (clock.elapsed() - since >= THROTTLE_LOG_MS) {
      log.info({ queued: queue.depth }, 'messages to the cloud are held back by messageQPS');
      // Once per excursion.
      this.#throttledSince = Number.POSITIVE_INFINITY;
    }
    const end = new AbortController();
    const nap = clock.sleep(ms, end.signal).catch(() => {});
    // Also rung when the connection is done.
    await Promise.race([nap, this.#wakeup.wait()]);
    end.abort();
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock, heartbeatMs } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(heartbeatMs, signal).catch(() => {});
      this.#keepaliveDue = true;
      this.#wakeup.ring();
    }
  }
}

/** The only message that keeps a session alive (wire.md §5.3). */
function keepalive(): Message {
  return createMessage<string>({
    source: ModuleName.edgehub,
    group: Group.resource,
    operation: Operation.keepalive,
    resource: Resource.keepalive,
    content: 'ping',
  });
}
