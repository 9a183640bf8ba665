import { AsyncLocalStorage } from 'node:async_hooks';

/** From here on, following code through its timers and callbacks costs next to nothing (AsyncContextFrame). */
const FIRST_CHEAP_NODE = 24;

/**
 * Knows whose code is running, also in timers and callbacks that code started.
 *
 * Before Node 24 that takes a hook on every promise, tick and write of the
 * process, a third of what a proxied request costs. There it is off until
 * {@link follow} is called.
 */
export class Owners<T> {
  readonly #storage = new AsyncLocalStorage<T>();
  #following = Number.parseInt(process.versions.node, 10) >= FIRST_CHEAP_NODE;

  /** Whether code that starts now is followed. */
  get following(): boolean {
    return this.#following;
  }

  follow(): void {
    this.#following = true;
  }

  /** Runs `work` as code of `owner`. */
  run<R>(owner: T, work: () => R): R {
    return this.#following ? this.#storage.run(owner, work) : work();
  }

  /** Whose code is running, as far as it was followed. */
  current(): T | undefined {
    return this.#following ? this.#storage.getStore() : undefined;
  }
}
