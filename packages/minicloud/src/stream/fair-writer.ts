import type { WebSocket } from 'ws';

/** What may wait in the socket before sessions must wait. */
const HIGH_BYTES = 1024 * 1024;

/**
 * Sends frames of all sessions of a tunnel. What the tunnel does not take at once
 * waits in a queue of one frame a session, so that a big upload does not delay
 * the keys of a terminal.
 */
export class FairWriter {
  readonly #turns: (() => void)[] = [];
  #isClosed = false;

  constructor(private readonly socket: WebSocket) {}

  /** Resolves when the frame is handed over: false when the tunnel is gone, or `isWanted` says no. */
  async send(frame: Buffer, isWanted: () => boolean = () => true): Promise<boolean> {
    if (this.socket.bufferedAmount > HIGH_BYTES || this.#turns.length > 0) {
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    }
    if (this.#isClosed || !isWanted()) {
      this.#next();
      return false;
    }
    this.sendNow(frame);
    return true;
  }

  /** For frames of a few bytes that must not wait. */
  sendNow(frame: Buffer): void {
    if (!this.#isClosed) this.socket.send(frame, { binary: false }, () => this.#next());
  }

  close(): void {
    this.#isClosed = true;
    for (const turn of this.#turns.splice(0)) turn();
  }

  #next(): void {
    if (this.#isClosed || this.socket.bufferedAmount <= HIGH_BYTES) this.#turns.shift()?.();
  }
}
