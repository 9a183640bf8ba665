import type { Metrics } from '@edgecore/api';
import { CallError } from '../errors.js';

export interface LimiterOptions {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  /** Request bodies of those that wait. */
  readonly maxQueuedBytes: number;
  readonly queueTimeoutMs: number;
  readonly metrics: Metrics;
}

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
  readonly refuse: (error: CallError) => void;
}

/** So many calls at once, some more in a queue in the order they came, and a clear no for the rest. */
export class CallLimiter {
  readonly #queue = new Set<Waiting>();
  #running = 0;
  #queuedBytes = 0;
  #closed: CallError | undefined;

  constructor(private readonly options: LimiterOptions) {}

  get running(): number {
    return this.#running;
  }

  /**
   * Runs `work` when it is its turn.
   * @throws {CallError} 429 when the queue is full, 503 when the turn did not come in time or {@link close} was called.
   */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await this.#enter(bytes);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Refuses all that wait, and all that come from now on. */
  close(reason: CallError): void {
    this.#closed = reason;
    for (const waiting of [...this.#queue]) waiting.refuse(reason);
  }

  #enter(bytes: number): Promise<void> | undefined {
    const { maxConcurrent, maxQueued, maxQueuedBytes, queueTimeoutMs } = this.options;
    if (this.#closed) throw this.#closed;
    if (this.#running < maxConcurrent) {
      this.#running += 1;
      this.#show();
      return undefined;
    }
    // A single large one may wait alone, or it could never be called at a busy moment.
    const bytesFull = this.#queue.size > 0 && this.#queuedBytes + bytes > maxQueuedBytes;
    if (this.#queue.size >= maxQueued || bytesFull) {
      throw new CallError(
        429,
        `too many requests: ${this.#running} calls are running and ${this.#queue.size} are waiting on this node; try again later`,
      );
    }
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#queue.delete(waiting);
        this.#queuedBytes -= bytes;
      };
      const waiting: Waiting = {
        bytes,
        enter: () => {
          end();
          resolve();
        },
        refuse: (error) => {
          end();
          this.#show();
          reject(error);
        },
      };
      const text = `this node is busy: ${maxConcurrent} calls are running and none ended within ${queueTimeoutMs} ms; try again later`;
      const timer = setTimeout(() => waiting.refuse(new CallError(503, text)), queueTimeoutMs);
      this.#queue.add(waiting);
      this.#queuedBytes += bytes;
      this.#show();
    });
  }

  #leave(): void {
    const [next] = this.#queue;
    // The place goes from one to the next, so that nobody who comes now takes it.
    if (next) next.enter();
    else this.#running -= 1;
    this.#show();
  }

  #show(): void {
    const { metrics } = this.options;
    metrics.gauge('edgecore_servicebus_calls_running', this.#running);
    metrics.gauge('edgecore_servicebus_calls_waiting', this.#queue.size);
  }
}
