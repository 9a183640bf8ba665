/** Wakes one waiter; opening it before the wait counts, once. */
export class Latch {
  #isOpen = false;
  #wake: (() => void) | undefined;

  open(): void {
    this.#isOpen = true;
    this.#wake?.();
  }

  /** @returns true when opened, false when time ran out or the signal aborted. */
  async wait({ timeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<boolean> {
    if (!this.#isOpen && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', end);
          this.#wake = undefined;
          resolve();
        };
        const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs);
        signal?.addEventListener('abort', end, { once: true });
        this.#wake = end;
      });
    }
    const opened = this.#isOpen;
    this.#isOpen = false;
    return opened;
  }
}
