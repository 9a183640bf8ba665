import { errorText, hasCode, type MutableCloudLink, TroubleLog } from '@edgecore/api';
import type { ModuleContext } from '@edgecore/beehive';
import { type ClientTls, type Connection, createWebSocketTransport, type Transport } from '@edgecore/viaduct';
import { Backoff } from '../backoff.js';
import type { CertificateFiles } from '../certificates/certificate-files.js';
import type { HubStatus } from '../hub-status.js';
import { Dispatcher } from '../inbound/dispatcher.js';
import { refuseNodeTask } from '../inbound/node-tasks.js';
import type { ResolvedOptions } from '../options.js';
import type { Intake } from '../outbound/intake.js';
import type { OutboundQueue } from '../outbound/outbound-queue.js';
import { RateLimiter } from '../outbound/rate-limiter.js';
import { looksLikeCurrentCloud } from './https-hints.js';
import { Session, type SessionEnd } from './session.js';

export interface LinkLoopOptions {
  readonly hub: ResolvedOptions;
  readonly ctx: ModuleContext;
  readonly link: MutableCloudLink;
  readonly queue: OutboundQueue;
  readonly intake: Intake;
  readonly intakeEnded: () => Promise<void>;
  readonly files: CertificateFiles;
  readonly status: HubStatus;
  /** Nothing but answers is handed out any more. */
  readonly stopping: () => boolean;
}

/** Keeps one connection to the cloud, for as long as the module runs (edgehub.md §5.2). */
export class LinkLoop {
  readonly #options: LinkLoopOptions;
  readonly #dispatcher: Dispatcher;
  readonly #limiter: RateLimiter;
  readonly #transport: Transport;
  #session: Session | undefined;
  #reader: Promise<void> = Promise.resolve();

  constructor(options: LinkLoopOptions) {
    this.#options = options;
    const { hub, ctx, intake } = options;
    this.#transport = hub.transport ?? createWebSocketTransport({ logger: ctx.log });
    this.#limiter = new RateLimiter(hub.rateLimit, hub.clock);
    this.#dispatcher = new Dispatcher({
      ctx,
      maxWaiting: hub.maxWaitingDispatches,
      stopping: options.stopping,
      onUnhandledTask: (task) => {
        ctx.log.info({ task: task.resource, action: task.operation }, 'node task refused: no module for it');
        intake.take(refuseNodeTask(task, hub.nodeName, new Date(hub.clock.now())));
      },
    });
  }

  /** Ends the connection there is, if any, and dials again at once with the files as they are now. */
  redial(reason: string): void {
    this.#session?.redial(reason);
  }

  /** Ends when the module's signal aborts. */
  async run(): Promise<void> {
    const { hub, ctx, status } = this.#options;
    const { clock, backoff: timing } = hub;
    const backoff = new Backoff(timing, hub.random);
    const trouble = new TroubleLog(ctx.log, () => clock.elapsed());
    while (!ctx.signal.aborted) {
      status.connecting();
      let problem: string;
      try {
        const connection = await this.#dial();
        trouble.over();
        status.connected(clock.now());
        ctx.log.info({ server: hub.server }, 'connected to the cloud');
        ctx.metrics.gauge('edgecore_hub_connected', 1);
        const since = clock.elapsed();
        const end = await this.#serve(connection);
        ctx.metrics.gauge('edgecore_hub_connected', 0);
        ctx.metrics.count('edgecore_hub_connections_ended_total');
        if (clock.elapsed() - since >= timing.stableMs) backoff.reset();
        if (ctx.signal.aborted || end.redialAtOnce) {
          ctx.log.info({ server: hub.server }, `connection ended: ${end.reason}`);
          status.disconnected(undefined);
          continue;
        }
        problem = `connection lost: ${end.reason}`;
      } catch (error) {
        if (ctx.signal.aborted) break;
        problem = this.#dialProblem(error);
      }
      status.disconnected(problem);
      const retryInMs = Math.round(backoff.next());
      trouble.warn({ server: hub.server, attempt: status.attempts, retryInMs }, problem);
      await clock.sleep(retryInMs, ctx.signal).catch(() => {});
    }
    status.stopping();
  }

  async #dial(): Promise<Connection> {
    const { hub, ctx } = this.#options;
    const scheme = hub.useTls ? 'wss' : 'ws';
    return this.#transport.dial({
      url: `${scheme}://${hub.server}/${hub.projectId}/${hub.nodeName}/events`,
      nodeName: hub.nodeName,
      projectId: hub.projectId,
      ...(hub.useTls ? { tls: await this.#tls() } : {}),
      handshakeTimeoutMs: hub.handshakeTimeoutMs,
      writeTimeoutMs: hub.writeTimeoutMs,
      pingIntervalMs: hub.heartbeatMs,
      livenessTimeoutMs: hub.livenessTimeoutMs,
      maxMessageBytes: hub.maxMessageBytes,
      signal: ctx.signal,
    });
  }

  /** The files as they are now: they are replaced while we run. */
  async #tls(): Promise<ClientTls> {
    const { ca, cert, key } = await this.#options.files.load();
    if (ca !== undefined && cert !== undefined && key !== undefined) return { ca, cert, key };
    throw new Error('the certificate files are gone; restart to get new ones');
  }

  async #serve(connection: Connection): Promise<SessionEnd> {
    const { hub, ctx, files } = this.#options;
    this.#session = new Session(connection, {
      ...this.#options,
      ...hub,
      ctx,
      limiter: this.#limiter,
      dispatcher: this.#dispatcher,
      detectProfile: hub.cloudProfile === 'auto',
      looksCurrent: async (signal) => {
        // Without the CA there is no hint, and that is all.
        const { ca } = await files.load().catch(() => ({ ca: undefined }));
        const { httpServer, nodeName, httpTimeoutMs: timeoutMs } = hub;
        return ca !== undefined && looksLikeCurrentCloud({ httpServer, nodeName, ca, timeoutMs, signal });
      },
    });
    try {
      const { end, reader } = await this.#session.run(this.#reader);
      this.#reader = reader;
      return end;
    } catch (error) {
      await connection.close();
      throw error;
    } finally {
      this.#session = undefined;
    }
  }

  #dialProblem(error: unknown): string {
    const { paths } = this.#options.files;
    const text = errorText(error);
    const isTls = hasCode(error, 'ERR_DIAL') && (error as { kind?: unknown }).kind === 'tls';
    return isTls ? `${text} (CA ${paths.ca}, certificate ${paths.cert}, key ${paths.key})` : text;
  }
}
