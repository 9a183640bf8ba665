import type { CloudProfile, MutableCloudLink } from '@edgecore/api';
import { cloudProfiles, errorText, hasCode } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import type { Connection } from '@edgecore/viaduct';
import type { Clock } from '../clock.js';
import type { Dispatcher } from '../inbound/dispatcher.js';
import type { Intake } from '../outbound/intake.js';
import type { OutboundQueue } from '../outbound/outbound-queue.js';
import type { RateLimiter } from '../outbound/rate-limiter.js';
import { AnswerWatch, mustBeAnswered } from './answer-watch.js';
import { broadcastConnection } from './connection-events.js';
import { ProfileProbe } from './profile-probe.js';
import { Sender } from './sender.js';

export interface SessionOptions {
  readonly ctx: ModuleContext;
  readonly link: MutableCloudLink;
  readonly queue: OutboundQueue;
  readonly intake: Intake;
  readonly limiter: RateLimiter;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly heartbeatMs: number;
  /** Find out the profile on each connection. */
  readonly detectProfile: boolean;
  readonly probeTimeoutMs: number;
  readonly answerTimeoutMs: number;
  /** Resolves when modules can send nothing more. */
  readonly intakeEnded: () => Promise<void>;
  /** Do the HTTPS endpoints look like today's cloud? Asked only after the probe met silence. */
  readonly looksCurrent: (signal: AbortSignal) => Promise<boolean>;
}

/** Why a session ended; `redialAtOnce` when nothing is wrong with the cloud. */
export interface SessionEnd {
  readonly reason: string;
  readonly redialAtOnce?: boolean;
}

/** Queries that must meet silence before a cloud counts as one of 2020 (compat.md §1). */
const PROBE_TRIES = 2;
/** Requests without an answer that end a session (wire.md §5.1). */
const LOST_REQUESTS = 4;
/** How long a stop may flush (edgehub.md §2). */
const FLUSH_MS = 2000;

/** One connection from the connected event to the disconnected one. */
export class Session {
  readonly #options: SessionOptions;
  readonly #connection: Connection;
  readonly #sender: Sender;
  readonly #watch: AnswerWatch;
  readonly #probe: ProfileProbe;
  readonly #over = new AbortController();
  /** Messages that came in wait for a module, now or from the connection before: silence proves nothing. */
  #heldUp = true;
  #end!: (end: SessionEnd) => void;
  readonly #ended: Promise<SessionEnd>;

  constructor(connection: Connection, options: SessionOptions) {
    this.#options = options;
    this.#connection = connection;
    const { clock, intake, nodeName } = options;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#sender = new Sender({
      ...options,
      connection,
      log: options.ctx.log,
      onWritten: (message) => this.#onWritten(message),
      onUnsendable: (message, error) => intake.unsendable(message, error),
    });
    this.#watch = new AnswerWatch({
      clock,
      timeoutMs: options.answerTimeoutMs,
      limit: LOST_REQUESTS,
      readingHeldUp: () => this.#heldUp,
    });
    this.#probe = new ProfileProbe({
      nodeName,
      clock,
      timeoutMs: options.probeTimeoutMs,
      tries: PROBE_TRIES,
      send: (query) => this.#sender.sendUrgent(query),
    });
  }

  /** Ends the session from outside; a new one is dialled at once. */
  redial(reason: string): void {
    this.#end({ reason, redialAtOnce: true });
  }

  /**
   * Runs until the connection is lost, useless, or the module stops.
   * @param previousReader the reader of the session before: order per module holds across connections.
   * @returns why it ended, and the reader, which may still hand out what came in before.
   */
  async run(previousReader: Promise<void>): Promise<{ end: SessionEnd; reader: Promise<void> }> {
    const { ctx, link, intake } = this.#options;
    const signal = this.#over.signal;
    link.set({ connected: true });
    broadcastConnection(ctx, true);
    const reader = previousReader
      .then(() => this.#read())
      .catch((error: unknown) => this.#end({ reason: `reading failed: ${errorText(error)}` }));
    void this.#connection.closed.then(({ code, error, reason }) =>
      this.#end({
        reason: error ? lossReason(error) : `closed by the cloud (${code}${reason && ` ${reason}`})`,
      }),
    );
    void this.#sender.run(signal).catch((error: unknown) => this.#end({ reason: errorText(error) }));
    void this.#watch.dead(signal).then(
      () => this.#end({ reason: zombieReason(this.#options) }),
      () => {},
    );
    if (this.#options.detectProfile) {
      void this.#detectProfile(signal).catch((error: unknown) => this.#end({ reason: errorText(error) }));
    }
    const onStop = () => void this.#flush().then(() => this.#end({ reason: 'stopping' }));
    ctx.signal.addEventListener('abort', onStop, { once: true });
    if (ctx.signal.aborted) onStop();

    const end = await this.#ended;
    ctx.signal.removeEventListener('abort', onStop);
    this.#over.abort();
    link.set({ connected: false });
    broadcastConnection(ctx, false);
    intake.connectionLost();
    await this.#connection.close();
    return { end, reader };
  }

  async #read(): Promise<void> {
    const { dispatcher, intake } = this.#options;
    this.#heldUp = false;
    for await (const message of this.#connection.messages()) {
      this.#watch.frame();
      if (this.#probe.takes(message)) continue;
      intake.answered(message);
      this.#heldUp = true;
      await dispatcher.dispatch(message);
      this.#heldUp = false;
    }
  }

  #onWritten(message: Message): void {
    const profile = this.#options.link.profile;
    if (!message.sync || !profile) return;
    if (!profile.isAnswered(message)) this.#options.intake.written(message);
    else if (mustBeAnswered(message, profile)) this.#watch.written();
  }

  async #detectProfile(signal: AbortSignal): Promise<void> {
    const { looksCurrent } = this.#options;
    do {
      if (await this.#probe.run(signal)) {
        this.#decided(cloudProfiles.current);
        return;
      }
    } while (this.#heldUp);
    if (await looksCurrent(signal)) {
      this.#end({
        reason:
          "the cloud refused the session: it looks like today's cloud but answers nothing; check its node limit and, with hub authorization on, that the certificate is for this node",
      });
      return;
    }
    signal.throwIfAborted();
    this.#decided(cloudProfiles['2020']);
  }

  #decided(profile: CloudProfile): void {
    const { link, ctx } = this.#options;
    if (link.profile !== profile) ctx.log.info({ profile: profile.name }, 'cloud profile decided');
    link.set({ profile });
  }

  /** Lets what modules have sent go out, for a while. */
  async #flush(): Promise<void> {
    const enough = new AbortController();
    const deadline = this.#options.clock.sleep(FLUSH_MS, enough.signal).catch(() => {});
    // Taking in that failed ends the run: then nothing is waited for.
    const sent = this.#options.intakeEnded().then(
      () => this.#sender.idle(),
      () => {},
    );
    await Promise.race([sent, deadline]);
    enough.abort();
  }
}

function lossReason(error: unknown): string {
  const text = errorText(error);
  return hasCode(error, 'ERR_MALFORMED_MESSAGE')
    ? `${text}; check that websocket.server is CloudHub itself (log level debug shows what came)`
    : text;
}

function zombieReason({ answerTimeoutMs }: SessionOptions): string {
  return `the cloud answered none of ${LOST_REQUESTS} requests in a row within ${answerTimeoutMs} ms and sent nothing else: it keeps the connection without a session (node limit or authorization)`;
}
