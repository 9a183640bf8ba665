import { setTimeout as pause } from 'node:timers/promises';
import { errorText, Group, hasCode, ModuleName } from '@edgecore/api';
import type { Module, ModuleContext, ModuleHealth } from '@edgecore/beehive';
import type { WebSocket } from 'ws';
import { dialTunnel, parseServer } from './dial.js';
import { type EdgeStreamOptions, type EdgeStreamSettings, withDefaults } from './options.js';
import { CLOSE_MS, Tunnel } from './tunnel.js';

/** How often files of a certificate that is not there yet are looked for. */
const CERTIFICATE_MS = 250;

/**
 * The stream tunnel (edgestream.md): this node dials the cloud, and the cloud
 * asks its edged through that one connection for logs, exec, attach and figures.
 */
export class EdgeStream implements Module {
  readonly name = ModuleName.edgestream;
  readonly group = Group.edgestream;
  readonly after = [ModuleName.edged];
  readonly #settings: EdgeStreamSettings;
  #tunnel: Tunnel | undefined;
  #failure = 'the cloud was not dialled yet';

  constructor(options: EdgeStreamOptions) {
    this.#settings = withDefaults(options);
  }

  /** Whether the tunnel is up, and how many sessions it carries. */
  stats(): { readonly connected: boolean; readonly sessions: number } {
    return { connected: this.#tunnel !== undefined, sessions: this.#tunnel?.size ?? 0 };
  }

  /** A missing cloud is no trouble of this node's; what keeps it from being dialled is named. */
  health(): ModuleHealth {
    return this.#tunnel ? { state: 'ready' } : { state: 'degraded', reason: this.#failure };
  }

  async run(ctx: ModuleContext): Promise<void> {
    const inbox = this.#drain(ctx);
    if (parseServer(this.#settings.server).wasCharacter) {
      ctx.log.warn(
        { server: this.#settings.server },
        'the tunnel port is a character, as 2020 writes it: using 10004',
      );
    }
    const { retryMs, retryMaxMs } = this.#settings;
    let waitMs = retryMs;
    while (!ctx.signal.aborted) {
      const outcome = await this.#connect(ctx);
      // After a session that stood it is tried soon; a cloud that refuses is asked less and less.
      if (outcome !== 'refused') waitMs = retryMs;
      const wait = outcome === 'no certificate' ? Math.min(retryMs, CERTIFICATE_MS) : waitMs;
      await pause(wait, undefined, { signal: ctx.signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, retryMaxMs);
    }
    await inbox;
  }

  /** Nothing is sent to this module; its inbox must not fill. */
  async #drain(ctx: ModuleContext): Promise<void> {
    for await (const message of ctx.receive())
      ctx.log.debug({ id: message.id }, 'a message nobody expects here');
  }

  /** One connection from dial to end. */
  async #connect(ctx: ModuleContext): Promise<'stood' | 'refused' | 'no certificate'> {
    let ended: Promise<void> | undefined;
    try {
      await dialTunnel(this.#settings, ctx.signal, (socket) => {
        ended = this.#serve(socket, ctx);
      });
    } catch (error) {
      if (!ctx.signal.aborted) this.#fail(error, ctx);
      return hasCode(error, 'ENOENT') ? 'no certificate' : 'refused';
    }
    ctx.log.info({ server: this.#settings.server }, 'the stream tunnel is up');
    await ended;
    return 'stood';
  }

  #fail(error: unknown, ctx: ModuleContext): void {
    const { server } = this.#settings;
    const isWaiting = hasCode(error, 'ENOENT');
    const failure = isWaiting
      ? `no logs or exec from the cloud: this node has no certificate yet (${errorText(error)}); EdgeHub gets it when the node joins`
      : `no logs or exec from the cloud: the tunnel server ${server} cannot be reached: ${errorText(error)}`;
    // EdgeHub, which gets the certificate, warns when it does not come.
    if (failure !== this.#failure) ctx.log[isWaiting ? 'info' : 'warn'](failure);
    this.#failure = failure;
  }

  async #serve(socket: WebSocket, ctx: ModuleContext): Promise<void> {
    const tunnel = new Tunnel(socket, this.#settings, ctx.log);
    this.#tunnel = tunnel;
    const silence = new Silence(socket, this.#settings, () => {
      ctx.log.warn('the tunnel server is silent; dialling again');
    });
    socket.on('message', (message: Buffer) => {
      silence.heard();
      tunnel.take(message);
    });
    socket.on('pong', () => silence.heard());
    const stop = async () => {
      await tunnel.stop();
      socket.close(1000);
      await pause(CLOSE_MS, undefined, { ref: false });
      socket.terminate();
    };
    ctx.signal.addEventListener('abort', stop, { once: true });
    if (ctx.signal.aborted) void stop();
    await new Promise((resolve) => socket.once('close', resolve));
    ctx.signal.removeEventListener('abort', stop);
    silence.stop();
    this.#tunnel = undefined;
    this.#failure = 'no logs or exec from the cloud: the tunnel has ended and is being dialled again';
    await tunnel.lost();
  }
}

/** Pings, and ends a connection that gives no sign of life. */
class Silence {
  readonly #ping: NodeJS.Timeout;
  #limit: NodeJS.Timeout;

  constructor(
    socket: WebSocket,
    private readonly settings: EdgeStreamSettings,
    told: () => void,
  ) {
    this.#ping = setInterval(() => socket.ping('ping you'), settings.pingMs);
    this.#end = () => {
      told();
      socket.terminate();
    };
    // Today's cloud does not read before it has written the node's port: two minutes at most.
    this.#limit = setTimeout(this.#end, settings.firstSilenceMs);
  }

  readonly #end: () => void;

  heard(): void {
    clearTimeout(this.#limit);
    this.#limit = setTimeout(this.#end, this.settings.silenceMs);
  }

  stop(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#limit);
  }
}
