import type { TunnelTurns } from '@edgecore/viaduct';
import type { SessionRequest } from './connect-payload.js';

/** Why a session is over: the edge said so, or its tunnel went away. */
export type SessionEnd = 'done' | 'lost';

/** What comes from the edge for a session. */
export interface SessionReader {
  /** Bytes in order: a decoded body (logs, metrics), or all that edged's connection says (exec, attach). The buffer is the reader's. */
  data(bytes: Buffer): void;
  /** The last call. Not made when this side closed the session. */
  end(why: SessionEnd): void;
}

/** One numbered connection of a tunnel, seen from the cloud (edgestream.md §6). */
export class TunnelSession {
  #isOpen = true;

  constructor(
    readonly id: bigint,
    readonly request: SessionRequest,
    private readonly reader: SessionReader,
    private readonly writer: TunnelTurns,
    private readonly forget: () => void,
  ) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends bytes to edged, in order; resolves when the tunnel took them: false when the session is over. */
  async send(bytes: Buffer): Promise<boolean> {
    return (await this.writer.data(this.id, bytes, () => this.#isOpen)) && this.#isOpen;
  }

  /** The client is gone: tells the edge to stop, once. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.forget();
    this.writer.remove(this.id);
  }

  /** Bytes of the edge. */
  received(bytes: Buffer): void {
    if (this.#isOpen) this.reader.data(bytes);
  }

  /** The edge removed it, or the tunnel is lost. */
  ended(why: SessionEnd): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.forget();
    this.reader.end(why);
  }
}
