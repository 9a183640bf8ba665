import type { WebSocket } from 'ws';
import { encodeFrame, FrameType } from './frame.js';

const DATA_BYTES = 32 * 1024;
/** What may wait in the socket before sessions must wait. */
const HIGH_BYTES = 1024 * 1024;

/**
 * Sends data of all sessions. One that has more than the tunnel takes waits for
 * its turn behind the others: each turn is one piece, so a chatty log cannot
 * starve a command.
 */
export class TunnelWriter {
  readonly #turns: (() => void)[] = [];
  #isClosed = false;

  constructor(private readonly socket: WebSocket) {}

  /** Resolves when everything is handed over. False when the tunnel is closed, or `isOpen` says no more. */
  async data(connectId: bigint, bytes: Buffer, isOpen: () => boolean): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += DATA_BYTES) {
      if (this.socket.bufferedAmount > HIGH_BYTES || this.#turns.length > 0) {
        await new Promise<void>((resolve) => this.#turns.push(resolve));
      }
      if (this.#isClosed || !isOpen()) {
        this.#next();
        return false;
      }
      this.#send(encodeFrame(connectId, FrameType.data, bytes.subarray(at, at + DATA_BYTES)));
    }
    return true;
  }

  remove(connectId: bigint): void {
    if (!this.#isClosed) this.#send(encodeFrame(connectId, FrameType.removeConnect));
  }

  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  /** Lets all that wait look whether they are still wanted. */
  wake(): void {
    for (const turn of this.#turns.splice(0)) turn();
  }

  #send(frame: Buffer): void {
    this.socket.send(frame, { binary: false }, () => this.#next());
  }

  #next(): void {
    if (this.#isClosed || this.socket.bufferedAmount <= HIGH_BYTES) this.#turns.shift()?.();
  }
}
