import type { RuntimeEvent } from '../runtime.js';

const MAX_WAITING = 1024;

interface Subscriber {
  readonly queue: RuntimeEvent[];
  wake: () => void;
  failed: Error | undefined;
}

/** Hands each event to every subscriber; a subscriber that falls too far behind is told to relist. */
export class EventHub {
  readonly #subscribers = new Set<Subscriber>();

  publish(event: RuntimeEvent): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.queue.length < MAX_WAITING) subscriber.queue.push(event);
      else subscriber.failed = new Error(`more than ${MAX_WAITING} events waiting; list again`);
      subscriber.wake();
    }
  }

  /** Subscribes at once, not at the first `next()`. */
  subscribe(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const subscriber: Subscriber = { queue: [], wake: () => {}, failed: undefined };
    this.#subscribers.add(subscriber);
    const leave = () => {
      this.#subscribers.delete(subscriber);
      subscriber.wake();
    };
    signal.addEventListener('abort', leave, { once: true });
    return this.#iterate(subscriber, signal);
  }

  close(error: Error): void {
    for (const subscriber of this.#subscribers) {
      subscriber.failed = error;
      subscriber.wake();
    }
  }

  async *#iterate(subscriber: Subscriber, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
    try {
      while (!signal.aborted) {
        const event = subscriber.queue.shift();
        if (event) yield event;
        else if (subscriber.failed) throw subscriber.failed;
        else await new Promise<void>((resolve) => (subscriber.wake = resolve));
      }
    } finally {
      this.#subscribers.delete(subscriber);
    }
  }
}
