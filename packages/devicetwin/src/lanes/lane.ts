import type { DeviceOperation } from '../operations/operation.js';

/** Messages of one device that wait for their turn. */
export class Lane {
  readonly queue: DeviceOperation[] = [];
  running: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  push(operation: DeviceOperation): void {
    this.queue.push(operation);
    this.#wake?.();
  }

  /** Waits until something new came, or so long; ends at once with the signal. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const wake = () => this.#wake?.();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) resolve();
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    this.#wake = undefined;
  }
}
