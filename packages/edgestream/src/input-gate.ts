/** How long all others wait for one session's input before that session is given up. */
const STALL_MS = 5000;

/**
 * Holds the tunnel while a session has more input waiting than edged takes.
 * The tunnel cannot be held for one session alone, and a fast sender (a file
 * piped into `kubectl exec`) has no other brake; a session that does not catch
 * up in time is given up, so that it cannot hold back the others for long.
 */
export class InputGate {
  readonly #waiting = new Map<object, NodeJS.Timeout>();

  constructor(private readonly tunnel: { pause(): void; resume(): void }) {}

  /** Stops reading until the session has `drained`; calls `giveUp` when that takes too long. */
  hold(session: { drained(): Promise<void> }, giveUp: () => void): void {
    if (this.#waiting.has(session)) return;
    if (this.#waiting.size === 0) this.tunnel.pause();
    this.#waiting.set(session, setTimeout(giveUp, STALL_MS));
    void session.drained().then(() => {
      clearTimeout(this.#waiting.get(session));
      this.#waiting.delete(session);
      if (this.#waiting.size === 0) this.tunnel.resume();
    });
  }
}
