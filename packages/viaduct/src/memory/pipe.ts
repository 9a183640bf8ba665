import { setTimeout as sleep } from 'node:timers/promises';

interface Entry {
  readonly text: string;
  readonly bytes: number;
  /** When it has crossed. */
  readonly dueMs: number;
}

/** One direction of an in-memory connection: a bounded queue with a delay. */
export class Pipe {
  readonly #entries: Entry[] = [];
  readonly #writers: { entry: () => Entry; taken: (ok: boolean) => void }[] = [];
  #reader: (() => void) | undefined;
  #ended = false;

  constructor(
    private readonly capacity: number,
    private readonly latencyMs: number,
  ) {}

  /** Waits for room in turn; false when the pipe ended before it was taken. */
  write(text: string, bytes: number): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    const entry = () => ({ text, bytes, dueMs: performance.now() + this.latencyMs });
    if (this.#entries.length >= this.capacity) {
      return new Promise((taken) => this.#writers.push({ entry, taken }));
    }
    this.#entries.push(entry());
    this.#reader?.();
    return Promise.resolve(true);
  }

  async *read(): AsyncGenerator<Entry, void, undefined> {
    for (;;) {
      const next = this.#entries[0];
      if (next) {
        const wait = next.dueMs - performance.now();
        if (wait > 0) await sleep(wait);
        this.#entries.shift();
        this.#admit();
        yield next;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#reader = resolve;
        });
        this.#reader = undefined;
      }
    }
  }

  /** What has been taken is still read; waiting writers fail. */
  end(): void {
    this.#ended = true;
    for (const { taken } of this.#writers.splice(0)) taken(false);
    this.#reader?.();
  }

  #admit(): void {
    const writer = this.#writers.shift();
    if (!writer) return;
    this.#entries.push(writer.entry());
    writer.taken(true);
  }
}
