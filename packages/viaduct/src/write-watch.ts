/**
 * Watches writes in flight. The clock runs for the oldest one and starts anew
 * with each that completes: a slow peer that still takes data is not a dead one.
 */
export class WriteWatch {
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `timeoutMs` 0 never expires. */
  constructor(
    private readonly timeoutMs: number,
    private readonly expired: () => void,
  ) {}

  begin(): void {
    this.#pending += 1;
    if (this.#pending === 1) this.#arm();
  }

  done(): void {
    this.#pending -= 1;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.stop();
    if (this.#pending > 0 && this.timeoutMs > 0) this.#timer = setTimeout(this.expired, this.timeoutMs);
  }
}
