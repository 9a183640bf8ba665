import { Group, ModuleName } from '@edgecore/api';
import type { Module, ModuleContext, ModuleHealth } from '@edgecore/beehive';
import type { Broker } from './broker/broker.js';
import { EmbeddedBroker } from './broker/embedded/embedded-broker.js';
import { ExternalBroker } from './broker/external/external-broker.js';
import { Intake } from './intake/intake.js';
import { type Endpoint, type EventBusOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { CloudTopics } from './output/cloud-topics.js';
import { Commands } from './output/commands.js';
import { readExternalTls, readInternalTls } from './tls-files.js';
import { FIXED_FILTERS, Routes } from './topics/routes.js';
import { UploadRows } from './uploads/upload-rows.js';
import { UploadSender } from './uploads/upload-sender.js';
import { Uploads } from './uploads/uploads.js';

/**
 * The bridge between MQTT and the modules: device and node topics go to
 * devicetwin, other messages to the cloud, and what modules and cloud publish
 * goes out to the brokers (eventbus.md).
 */
export class EventBus implements Module {
  readonly name = ModuleName.eventbus;
  readonly group = Group.bus;
  /** It stops before the link to the cloud. */
  readonly after = [ModuleName.edgehub];
  readonly #options: ResolvedOptions;
  #brokers: readonly Broker[] = [];
  #embedded: EmbeddedBroker | undefined;
  #intake: Intake | undefined;

  /**
   * @throws {InvalidEventBusOptionError} for values nothing can work with, and
   * for TLS files that cannot be read.
   */
  constructor(options: EventBusOptions) {
    this.#options = resolveOptions(options);
    const { mode, tls, internalTls } = this.#options;
    if (mode !== 'internal' && tls) readExternalTls(tls);
    if (mode !== 'external' && internalTls) readInternalTls(internalTls);
  }

  /** Where the embedded broker listens; `undefined` while it does not. */
  get endpoint(): Endpoint | undefined {
    return this.#embedded?.endpoint;
  }

  health(): ModuleHealth {
    if (this.#brokers.length === 0) return { state: 'starting', reason: 'not running yet' };
    const problems = this.#brokers.map(({ problem }) => problem).filter((problem) => problem !== undefined);
    return problems.length === 0 ? { state: 'ready' } : { state: 'degraded', reason: problems.join('; ') };
  }

  quiesce(): void {
    this.#intake?.close();
    for (const broker of this.#brokers) broker.quiesce();
  }

  async run(ctx: ModuleContext): Promise<void> {
    const { store, link, uploadMessages, uploadBytes, maxPayloadBytes, twinTimeoutMs } = this.#options;
    const { log, metrics } = ctx;
    const routes = new Routes();
    const topics = new CloudTopics(store, log);
    const cloudFilters = await topics.load(ctx.signal);
    for (const filter of cloudFilters) routes.add(filter);
    // A rule may be gone without our having heard of it (eventbus.md §6).
    if (cloudFilters.length > 0)
      log.info({ topics: cloudFilters }, 'rules of the cloud ask for these topics');

    const limits = { maxMessages: uploadMessages, maxBytes: uploadBytes };
    const uploads = new Uploads({ rows: new UploadRows(store), ...limits, log, metrics });
    await uploads.load();
    const intake = new Intake({ ctx, routes, uploads, maxPayloadBytes, twinTimeoutMs });
    const brokers = this.#makeBrokers(ctx, intake, [...FIXED_FILTERS, ...cloudFilters]);
    this.#intake = intake;
    this.#brokers = brokers;
    const { nodeName, connectionTopic } = this.#options;
    const commands = new Commands({ ctx, nodeName, connectionTopic, brokers, routes, topics });
    const sending = new UploadSender(ctx, link, uploads).run();
    try {
      await Promise.all(brokers.map((broker) => broker.start()));
      for await (const message of ctx.receive()) {
        const wait = commands.handle(message);
        if (wait) await wait;
      }
    } finally {
      intake.close();
      await Promise.all(brokers.map((broker) => broker.close()));
      if (ctx.signal.aborted) await sending;
    }
  }

  /** The external one first: what is published goes to it first (eventbus.md §3). */
  #makeBrokers(ctx: ModuleContext, intake: Intake, filters: readonly string[]): Broker[] {
    const { mode } = this.#options;
    const shared = { ...this.#options, take: intake.take, log: ctx.log, metrics: ctx.metrics };
    this.#embedded = mode === 'external' ? undefined : new EmbeddedBroker(shared);
    return [
      ...(mode === 'internal' ? [] : [new ExternalBroker({ ...shared, filters })]),
      ...(this.#embedded ? [this.#embedded] : []),
    ];
  }
}
