import { encodeTunnelFrame, TunnelFrameType, TunnelTurns } from '@edgecore/viaduct';
import type { WebSocket } from 'ws';

const DATA_BYTES = 32 * 1024;

/** Sends what sessions say: in pieces, each for its turn. */
export class TunnelWriter {
  readonly #turns: TunnelTurns;

  constructor(socket: WebSocket) {
    this.#turns = new TunnelTurns(socket);
  }

  /** Resolves when everything is handed over. False when the tunnel is closed, or `isOpen` says no more. */
  async data(connectId: bigint, bytes: Buffer, isOpen: () => boolean): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += DATA_BYTES) {
      const piece = bytes.subarray(at, at + DATA_BYTES);
      if (!(await this.#turns.send(encodeTunnelFrame(connectId, TunnelFrameType.data, piece), isOpen)))
        return false;
    }
    return true;
  }

  remove(connectId: bigint): void {
    this.#turns.sendNow(encodeTunnelFrame(connectId, TunnelFrameType.removeConnect));
  }

  close(): void {
    this.#turns.close();
  }

  wake(): void {
    this.#turns.wake();
  }
}
