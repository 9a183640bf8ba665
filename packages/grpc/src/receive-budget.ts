/** What one message may hold, and what all messages that are being received may hold together. */
export class ReceiveBudget {
  #left: number;

  constructor(
    readonly maxMessageBytes: number,
    maxTotalBytes: number,
  ) {
    this.#left = maxTotalBytes;
  }

  /** False when there is not so much left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}
