import type { Message } from '../message/message.js';

interface Waiter {
  resolve(response: Message): void;
  reject(reason: unknown): void;
}

/** Requests waiting for their answer, by message id (beehive.md §5). */
export class Waiters {
  readonly #waiting = new Map<string, Waiter>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Starts waiting. Must be called before the request is sent, or a fast answer is lost. */
  open(id: string): { answer: Promise<Message>; close(): void; fail(reason: unknown): void } {
    let waiter!: Waiter;
    const answer = new Promise<Message>((resolve, reject) => {
      waiter = { resolve, reject };
    });
    // A failure before anybody awaits must not count as unhandled.
    answer.catch(() => {});
    this.#waiting.set(id, waiter);
    const close = () => {
      if (this.#waiting.get(id) === waiter) this.#waiting.delete(id);
    };
    return {
      answer,
      close,
      fail(reason) {
        close();
        waiter.reject(reason);
      },
    };
  }

  /** Hands an answer to its waiter; false when there is none (late, duplicate or foreign). */
  deliver(response: Message): boolean {
    const waiter = this.#waiting.get(response.parentId);
    if (!waiter) return false;
    this.#waiting.delete(response.parentId);
    waiter.resolve(response);
    return true;
  }
}
