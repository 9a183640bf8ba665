import type { Socket } from 'node:net';

export interface LivenessOptions {
  /** 0: no pings. */
  readonly pingIntervalMs: number;
  /** 0: never dead. */
  readonly livenessTimeoutMs: number;
  readonly ping: () => void;
  readonly dead: () => void;
  /** True while we do not read: silence then is our own doing. */
  readonly paused: () => boolean;
}

/**
 * Finds half-open links. Any byte counts as a sign of life, so that one huge
 * message on a slow link is not taken for silence (wire.md §2.7).
 */
export class Liveness {
  #lastBytes: number;
  #silentMs = 0;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly options: LivenessOptions,
  ) {
    this.#lastBytes = socket.bytesRead;
    const { pingIntervalMs, livenessTimeoutMs, ping } = options;
    if (pingIntervalMs > 0) this.#timers.push(setInterval(ping, pingIntervalMs));
    if (livenessTimeoutMs > 0) {
      const step = Math.max(5, Math.min(livenessTimeoutMs / 4, 5000));
      this.#timers.push(setInterval(() => this.#check(step), step));
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A late check counts as one step: a process that was held up has not listened meanwhile. */
  #check(step: number): void {
    if (this.options.paused() || this.socket.bytesRead !== this.#lastBytes) {
      this.#lastBytes = this.socket.bytesRead;
      this.#silentMs = 0;
      return;
    }
    this.#silentMs += step;
    if (this.#silentMs < this.options.livenessTimeoutMs) return;
    this.stop();
    this.options.dead();
  }
}
