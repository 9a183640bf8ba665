import type { Connection } from './connection.js';

/** New connections a server has not been asked for yet. Bounded: above the limit a server refuses. */
export class AcceptQueue {
  readonly #waiting: Connection[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(private readonly limit: number) {}

  get full(): boolean {
    return this.#waiting.length >= this.limit;
  }

  push(connection: Connection): void {
    this.#waiting.push(connection);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *connections(): AsyncGenerator<Connection, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next) yield next;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    }
  }
}
