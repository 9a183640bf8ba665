import type { WebSocket } from 'ws';
import { encodeTunnelFrame, TunnelFrameType } from './frame.js';

/** What may wait in the socket before sessions must wait. */
const HIGH_BYTES = 1024 * 1024;
/** Data of one frame: one turn. */
const DATA_BYTES = 32 * 1024;

/**
 * Sends frames of all sessions of a tunnel. Once more than 1 MiB waits in the
 * socket, each session waits for its turn with one frame, so that neither a
 * chatty log nor a big upload delays the keys of a terminal.
 */
export class TunnelTurns {
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

  /** Sends bytes of a connection in frames of 32 KiB, each for its turn. As {@link send}. */
  async data(connectId: bigint, bytes: Buffer, isWanted: () => boolean): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += DATA_BYTES) {
      const piece = bytes.subarray(at, at + DATA_BYTES);
      if (!(await this.send(encodeTunnelFrame(connectId, TunnelFrameType.data, piece), isWanted)))
        return false;
    }
    return true;
  }

  /** Tells the peer that a connection is over; without waiting. */
  remove(connectId: bigint): void {
    this.sendNow(encodeTunnelFrame(connectId, TunnelFrameType.removeConnect));
  }

  /** For frames of a few bytes that must not wait. */
  sendNow(frame: Buffer): void {
    if (!this.#isClosed) this.socket.send(frame, { binary: false }, () => this.#next());
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  /** Lets all that wait look whether they are still wanted. */
  wake(): void {
    for (const turn of this.#turns.splice(0)) turn();
  }

  #next(): void {
    if (this.#isClosed || this.socket.bufferedAmount <= HIGH_BYTES) this.#turns.shift()?.();
  }
}
