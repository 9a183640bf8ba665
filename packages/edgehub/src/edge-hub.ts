import {
  type CloudLink,
  type CloudProfileName,
  cloudProfiles,
  Group,
  ModuleName,
  MutableCloudLink,
} from '@edgecore/api';
import type { Module, ModuleContext, ModuleHealth } from '@edgecore/beehive';
import { CertificateClient } from './certificates/certificate-client.js';
import { CertificateFiles } from './certificates/certificate-files.js';
import { CertificateKeeper } from './certificates/certificate-keeper.js';
import { rotateForEver } from './certificates/rotation.js';
import { LinkLoop } from './connection/link-loop.js';
import { type HubState, HubStatus } from './hub-status.js';
import { type EdgeHubOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { Intake } from './outbound/intake.js';
import { OutboundQueue } from './outbound/outbound-queue.js';
import { PendingRequests } from './outbound/pending-requests.js';

/** Figures of the hub, for `edgecore status`. Times are milliseconds since the epoch. */
export interface EdgeHubStats {
  readonly state: HubState;
  /** `host:port` of CloudHub. */
  readonly server: string;
  readonly connected: boolean;
  readonly connectedSince: number | undefined;
  /** Dials since the last connection was made; 0 while connected. */
  readonly attempts: number;
  /** Why there is no connection, or why the last one ended. */
  readonly lastError: string | undefined;
  /** The profile in force; `undefined` before the first decision. */
  readonly profile: CloudProfileName | undefined;
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** Requests waiting for an answer from the cloud. */
  readonly pendingRequests: number;
  readonly certificateNotAfter: number | undefined;
}

/**
 * The link between the modules of an edge node and CloudHub: gets the node its
 * certificate, keeps one connection, sends what modules give it, hands out
 * what the cloud sends (edgehub.md).
 *
 * What waits to be sent is kept in memory, in order, across reconnects and
 * restarts of the module. A request (`ctx.request('websocket', …)`) resolves
 * with the cloud's answer; for reports this cloud never answers
 * (`CloudProfile.isAnswered`) with `OK` from source `edgehub` once the write
 * was confirmed. It rejects at once when the link is lost.
 */
export class EdgeHub implements Module {
  readonly name = ModuleName.edgehub;
  readonly group = Group.hub;
  /** Connection and profile, for the other modules. */
  readonly link: CloudLink;
  readonly #link: MutableCloudLink;
  readonly #options: ResolvedOptions;
  readonly #status = new HubStatus();
  readonly #files: CertificateFiles;
  readonly #pending: PendingRequests;
  readonly #queue: OutboundQueue;
  readonly #haveCertificates: Promise<void>;
  #onCertificates!: () => void;
  #quiet = false;

  /** @throws {InvalidOptionError} naming the option. */
  constructor(options: EdgeHubOptions) {
    this.#options = resolveOptions(options);
    const { cloudProfile, clock, requestMaxAgeMs, queueMessages, queueBytes } = this.#options;
    this.#link = new MutableCloudLink(
      cloudProfile === 'auto' ? {} : { profile: cloudProfiles[cloudProfile] },
    );
    this.link = this.#link;
    const { tlsCaFile: ca, tlsCertFile: cert, tlsPrivateKeyFile: key } = this.#options;
    this.#files = new CertificateFiles({ ca, cert, key });
    this.#pending = new PendingRequests(clock, requestMaxAgeMs);
    this.#queue = new OutboundQueue({
      maxMessages: queueMessages,
      maxBytes: queueBytes,
      hasWaiter: (message) => message.sync && this.#pending.has(message.id),
    });
    this.#haveCertificates = new Promise((resolve) => {
      this.#onCertificates = resolve;
    });
  }

  /**
   * Resolves once usable certificate files are on disk: others that connect
   * with them (EdgeStream) start then. Rejects with the reason when the signal aborts.
   */
  certificatesReady(signal?: AbortSignal): Promise<void> {
    if (!signal) return this.#haveCertificates;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      void this.#haveCertificates.then(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  /** Runs until `ctx.signal` aborts. @throws {CertificateError} with `fatal` when no certificate can be had; see {@link isFatalHubError}. */
  async run(ctx: ModuleContext): Promise<void> {
    const { warnings, maxMessageBytes, rotateCertificates, useTls } = this.#options;
    for (const warning of warnings) ctx.log.warn({}, warning);
    const intake = new Intake({ ctx, queue: this.#queue, pending: this.#pending, maxMessageBytes });
    const taking = intake.run();
    const failed = taking.then(() => new Promise<never>(() => {}));
    const keeper = this.#keeper();
    const loop = new LinkLoop({
      hub: this.#options,
      ctx,
      link: this.#link,
      queue: this.#queue,
      intake,
      intakeEnded: () => taking,
      files: this.#files,
      status: this.#status,
      stopping: () => this.#quiet,
    });
    try {
      if (useTls) await Promise.race([this.#ensureCertificate(keeper, ctx), failed]);
      this.#onCertificates();
      if (useTls && rotateCertificates) void this.#rotate(keeper, loop, ctx);
      await Promise.race([loop.run(), failed]);
    } catch (error) {
      if (!ctx.signal.aborted) throw error;
    } finally {
      intake.connectionLost();
    }
    await taking;
  }

  /** From now on only answers to requests are taken from the cloud; modules that end still send. */
  quiesce(): void {
    this.#quiet = true;
  }

  health(): ModuleHealth {
    const { state, lastError } = this.#status;
    if (state === 'connected') return { state: 'ready' };
    if (state === 'init') return { state: 'starting', reason: 'not started yet' };
    if (state === 'certificate') {
      return { state: 'starting', reason: lastError ?? 'waiting for a certificate from the cloud' };
    }
    return { state: 'degraded', reason: lastError ?? `connecting to ${this.#options.server}` };
  }

  stats(): EdgeHubStats {
    const { state, connectedSince, attempts, lastError, certificateNotAfter } = this.#status;
    return {
      state,
      server: this.#options.server,
      connected: this.#link.connected,
      connectedSince,
      attempts,
      lastError,
      profile: this.#link.profile?.name,
      queueMessages: this.#queue.depth,
      queueBytes: this.#queue.bytes,
      pendingRequests: this.#pending.size,
      certificateNotAfter,
    };
  }

  async #ensureCertificate(keeper: CertificateKeeper, ctx: ModuleContext): Promise<void> {
    this.#status.waitingForCertificate();
    const { notAfter } = await keeper.ensure(ctx.signal, ctx.log);
    this.#status.certificateNotAfter = notAfter;
  }

  async #rotate(keeper: CertificateKeeper, loop: LinkLoop, ctx: ModuleContext): Promise<void> {
    const { clock, random } = this.#options;
    const rotation = {
      check: () => keeper.check(),
      renew: (signal: AbortSignal) => keeper.renew(signal, ctx.log),
      onRotated: (notAfter: number) => {
        this.#status.certificateNotAfter = notAfter;
        loop.redial('the certificate was renewed');
      },
      link: this.#link,
      clock,
      random,
    };
    await rotateForEver(rotation, ctx.signal, ctx.log).catch((error: unknown) => {
      if (!ctx.signal.aborted) ctx.log.error({ err: error }, 'certificate renewal ended');
    });
  }

  #keeper(): CertificateKeeper {
    const { httpServer, nodeName, httpTimeoutMs: timeoutMs, cloudProfile } = this.#options;
    return new CertificateKeeper({
      ...this.#options,
      files: this.#files,
      client: new CertificateClient({ httpServer, nodeName, timeoutMs }),
      // With `auto` it works on either cloud until one with authorization refuses it.
      acceptLegacyName: () => cloudProfile !== 'current',
      retry: this.#options.certificateBackoff,
      onTrouble: (reason) => this.#status.waitingForCertificate(reason),
    });
  }
}
