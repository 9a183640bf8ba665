/** Runs tasks of one key one after the other, tasks of different keys side by side. */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  /** Keys with a task running or waiting. */
  get size(): number {
    return this.#tails.size;
  }

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(task);
    const tail: Promise<void> = result.then(
      () => this.#leave(key, tail),
      () => this.#leave(key, tail),
    );
    this.#tails.set(key, tail);
    return result;
  }

  #leave(key: string, tail: Promise<void>): void {
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
  }
}

/** A bounded number of tasks side by side. Tasks handle their own errors. */
export class TaskPool {
  readonly #running = new Set<Promise<void>>();
  #roomMade: (() => void) | undefined;

  constructor(private readonly limit: number) {}

  get full(): boolean {
    return this.#running.size >= this.limit;
  }

  /** Starts the task; resolves as soon as it runs, which is when there is room. For one caller at a time. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.full) {
      // Not a race of all: each would leave something behind at a task that takes long.
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
      this.#roomMade = undefined;
    }
    const running: Promise<void> = task().finally(() => {
      this.#running.delete(running);
      this.#roomMade?.();
    });
    this.#running.add(running);
  }

  /** Resolves when every task has ended. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
