/** A bell for one waiter: `ring` ends the wait under way, or the next one. */
export class Wakeup {
  #rung = false;
  #resolve: (() => void) | undefined;

  readonly ring = (): void => {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (resolve) resolve();
    else this.#rung = true;
  };

  wait(): Promise<void> {
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
