import { errorText, Group, type Logger, ModuleName } from '@edgecore/api';
import {
  errorTo,
  isConnectionEvent,
  type Message,
  type Module,
  type ModuleContext,
  type ModuleHealth,
} from '@edgecore/beehive';
import { Csi } from './csi/csi.js';
import { keepRoom } from './eviction/keep-room.js';
import { Orphans } from './gc/orphans.js';
import { createMetaClientOf, createMetaObjects } from './meta-objects.js';
import { RuntimeWatch } from './observe/runtime-watch.js';
import { type EdgedOptions, type EdgedSettings, withDefaults } from './options.js';
import { createPodServices } from './pod-services-factory.js';
import { PodInbox } from './pods/pod-inbox.js';
import { PodWorkers } from './pods/pod-workers.js';
import { pause } from './ports/clock.js';
import type { ObjectSource } from './ports/object-source.js';
import type { PodSnapshot, StatusSink } from './ports/status-sink.js';
import { readAppArmorHost } from './security/app-armor.js';
import { HttpService } from './server/http-service.js';
import { MirrorPods } from './static-pods/mirror-pods.js';
import { StaticPods } from './static-pods/static-pods.js';

/** Until the stored pods are asked for again when metamanager did not answer. */
const LIST_RETRY_MS = 1000;
/** Waits before a mirror pod is tried again; the node may be about to be registered. */
const MIRROR_RETRY_MS = 1000;
const MIRROR_RETRY_MAX_MS = 300_000;

/** Without a reporter nobody hears of statuses. */
const NO_SINK: StatusSink = { podStatus() {}, podTerminated() {}, podForgotten() {} };

/**
 * The pod agent (edged.md): makes the containers of this node what the pod
 * objects say and reports how they are.
 */
export class Edged implements Module {
  readonly name = ModuleName.edged;
  readonly group = Group.edged;
  readonly #settings: EdgedSettings;
  #workers: PodWorkers | undefined;
  #watch: RuntimeWatch | undefined;
  #podsKnown = false;
  #http: HttpService | undefined;

  constructor(options: EdgedOptions) {
    this.#settings = withDefaults(options);
  }

  /** The pods of this node with their last status; empty while the module does not run. */
  pods(): readonly PodSnapshot[] {
    return this.#workers?.pods() ?? [];
  }

  /** The port its HTTP server listens on; `undefined` while it does not. */
  get httpPort(): number | undefined {
    return this.#http?.port;
  }

  health(): ModuleHealth {
    if (!this.#watch) return { state: 'starting', reason: 'not started' };
    const { failure } = this.#watch;
    if (failure) return { state: 'degraded', reason: `the container engine does not answer: ${failure}` };
    if (!this.#podsKnown) return { state: 'starting', reason: 'the stored pods are not known yet' };
    const unserved = this.#http?.failure;
    if (unserved) return { state: 'degraded', reason: unserved };
    return { state: 'ready' };
  }

  async run(ctx: ModuleContext): Promise<void> {
    const settings = this.#settings;
    const { reporter } = settings;
    const objects = settings.objects ?? createMetaObjects(ctx, settings);
    const ending = new AbortController();
    const signal = AbortSignal.any([ctx.signal, ending.signal]);
    const client = reporter && createMetaClientOf(ctx, settings);
    const csi = new Csi(settings, { ctx, log: ctx.log, node: client?.node }, signal);
    await csi.volumes.recall();
    const services = createPodServices(settings, objects, csi.volumes, ctx.log);
    const mirrors = new MirrorPods({
      ...settings,
      log: ctx.log,
      api: settings.mirrorApi?.(ctx) ?? client,
      sink: reporter ?? NO_SINK,
      retryMs: MIRROR_RETRY_MS,
      retryMaxMs: MIRROR_RETRY_MAX_MS,
    });
    const workers = new PodWorkers({
      services,
      sink: this.#sink(mirrors),
      admission: () => ({
        maxPods: settings.maxPods,
        nodeLabels: settings.nodeLabels(),
        appArmor: readAppArmorHost,
        ...(settings.eviction && { pressure: settings.eviction.pressure.conditions }),
      }),
      // A file that came back while its pod was leaving.
      onForgotten: () => staticPods.check(),
    });
    const staticPods = new StaticPods({
      nodeName: settings.nodeName,
      path: settings.staticPodPath,
      checkMs: settings.staticPodCheckMs,
      clock: settings.clock,
      log: ctx.log,
      host: {
        worksOn: (uid) => workers.worksOn(uid),
        upsert: (pod) => workers.upsert(pod),
        remove: ({ metadata }) => void workers.remove(metadata),
        wanted: (pods, complete) => mirrors.wanted(pods, complete),
      },
    });
    const orphans = new Orphans(
      { services, holds: (uid) => workers.worksOn(uid), hasUnknown: () => !staticPods.complete },
      settings.databaseRecreated,
    );
    const inbox = new PodInbox({ nodeName: settings.nodeName, workers, orphans, mirrors, log: ctx.log });
    const watch = new RuntimeWatch({
      runtime: settings.runtime,
      clock: settings.clock,
      log: ctx.log,
      relistMs: settings.relistMs,
      onChange: (uid) => workers.poke(uid),
      onRelist: (uids) => void collect(orphans, uids, ctx.log),
    });
    this.#workers = workers;
    this.#watch = watch;
    this.#http = HttpService.of(settings, workers, watch, ctx.log);
    const background = [
      watch.run(signal),
      csi.run(),
      ...keepRoom({ settings, services, workers, ctx }, signal),
      this.#listPods(objects, inbox, ctx, signal),
      staticPods.run(signal),
      mirrors.run(signal),
      ...(this.#http ? [this.#http.run(signal)] : []),
      ...(reporter
        ? [reporter.run(ctx, { ...mirrors.source(workers), volumesInUse: () => csi.volumes.inUse() })]
        : []),
    ];
    try {
      // A part that fails ends the module; the supervisor starts it again.
      await Promise.race([this.#receive(ctx, inbox, csi), ...background.map(untilFailure)]);
    } finally {
      ending.abort(new Error('edged stops'));
      await workers.close();
      await orphans.idle();
      await Promise.allSettled(background);
      this.#workers = undefined;
      this.#watch = undefined;
      this.#http = undefined;
    }
  }

  /** The reporter behind the mirrors, and who else wants to know. */
  #sink(mirrors: MirrorPods): StatusSink {
    const { onStatus } = this.#settings;
    return {
      podStatus(pod, status) {
        mirrors.podStatus(pod, status);
        onStatus?.(pod, status);
      },
      podTerminated(pod, status) {
        mirrors.podTerminated(pod, status);
        onStatus?.(pod, status);
      },
      podForgotten: (uid) => mirrors.podForgotten(uid),
    };
  }

  async #receive(ctx: ModuleContext, inbox: PodInbox, csi: Csi): Promise<void> {
    const unknown = new Set<string>();
    for await (const message of ctx.receive()) {
      try {
        if (isConnectionEvent(message)) continue;
        if (inbox.handle(message)) continue;
        if (csi.handle(message)) continue;
        if (this.#settings.reporter?.handle(message)) continue;
        const kind = `${message.operation} ${message.resource.split('/')[1] ?? message.resource}`;
        // Someone waits, and would until the deadline.
        if (message.sync) ctx.deliver(errorTo(message, `edged of this node does not support ${kind}`));
        if (!unknown.has(kind))
          ctx.log.debug({ kind }, 'message is not for edged; further ones are not logged');
        // Bounded: kinds are few unless somebody sends nonsense.
        if (unknown.size < 100) unknown.add(kind);
      } catch (error) {
        this.#refuse(ctx, message, error);
      }
    }
  }

  #refuse(ctx: ModuleContext, message: Message, error: unknown): void {
    const { id, resource, operation } = message;
    ctx.log.error({ id, resource, operation, error: errorText(error) }, 'message not understood, ignored');
    if (message.sync) ctx.deliver(errorTo(message, errorText(error)));
  }

  /** Asks for the stored pods until they are known (edged.md §3.2). */
  async #listPods(
    objects: ObjectSource,
    inbox: PodInbox,
    ctx: ModuleContext,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#settings;
    while (!signal.aborted) {
      try {
        inbox.list(await objects.listPods(signal));
        this.#podsKnown = true;
        return;
      } catch (error) {
        if (signal.aborted) return;
        ctx.log.debug({ error: errorText(error) }, 'the stored pods are not available yet');
        await pause(clock, LIST_RETRY_MS, signal).catch(() => undefined);
      }
    }
  }
}

async function collect(orphans: Orphans, uids: ReadonlySet<string>, log: Logger): Promise<void> {
  try {
    await orphans.collect(uids);
  } catch (error) {
    log.warn({ error: errorText(error) }, 'leftovers of old pods could not be looked for; trying again');
  }
}

/** Rejects when the work fails, otherwise never settles. */
async function untilFailure(work: Promise<void>): Promise<never> {
  await work;
  return new Promise(() => {});
}
