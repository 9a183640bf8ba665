import type { ServerHttp2Session } from 'node:http2';
import type { Logger } from '@edgecore/api';
import type { GrpcServerLimits } from './limits.js';

/** The connections of a server: half-open ones, and those nobody uses, do not take the place of others for long. */
export class Sessions {
  readonly #open = new Set<ServerHttp2Session>();
  #closing = false;

  constructor(
    private readonly limits: GrpcServerLimits,
    private readonly log: Logger,
  ) {}

  add(session: ServerHttp2Session): void {
    this.#open.add(session);
    const handshake = setTimeout(() => {
      this.log.debug('a connection that does not speak HTTP/2 is closed');
      session.destroy();
    }, this.limits.handshakeTimeoutMs);
    handshake.unref();
    session.once('remoteSettings', () => clearTimeout(handshake));
    session.setTimeout(this.limits.idleTimeoutMs, () => session.close());
    session.once('close', () => {
      clearTimeout(handshake);
      this.#open.delete(session);
    });
    session.on('error', () => {});
    if (this.#closing) session.destroy();
  }

  /** Takes no more calls, lets those under way end for a moment, then cuts them off. */
  async close(): Promise<void> {
    this.#closing = true;
    const sessions = [...this.#open];
    const ended = sessions.map(
      (session) => new Promise<void>((resolve) => session.once('close', () => resolve())),
    );
    for (const session of sessions) session.close();
    const cutOff = setTimeout(() => {
      for (const session of sessions) session.destroy();
    }, this.limits.closeTimeoutMs);
    await Promise.all(ended);
    clearTimeout(cutOff);
  }
}
