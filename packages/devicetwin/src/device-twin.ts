import { EventEmitter, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, Group, hasCode, ModuleName, OK, Operation } from '@edgecore/api';
import {
  createMessage,
  type Message,
  type Module,
  type ModuleContext,
  type ModuleHealth,
} from '@edgecore/beehive';
import { Dispatcher } from './dispatch/dispatcher.js';
import { DmiService } from './dmi-service.js';
import type { TwinInput } from './json/twin-input.js';
import { DeviceLanes } from './lanes/device-lanes.js';
import { devicesOfObjects } from './membership/stored-devices.js';
import type { Device } from './model/device.js';
import { LocalUpdateOperation, type LocalVerdict } from './operations/local-update.js';
import { AddDeviceOperation } from './operations/membership.js';
import { StateUpdateOperation } from './operations/state-update.js';
import { type DeviceTwinOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { type DeviceReporter, type ReportedTwin, ReportRefusedError } from './reporter.js';
import { Reporter } from './reports/reporter.js';
import { loadDevices } from './rows/load.js';
import type { DeviceEvents, DeviceSnapshot } from './snapshot.js';
import { toSnapshot } from './to-snapshot.js';
import { newEventId, publishMessage, type World } from './world.js';

interface Parts {
  readonly devices: Map<string, Device>;
  readonly lanes: DeviceLanes;
  readonly reporter: Reporter;
  readonly world: World;
}

const LOAD_PAUSE_MAX_MS = 30_000;

/**
 * Keeps the devices of this node, their state, attributes and twins, in step
 * between devices on MQTT and the cloud; everything is on disk before anyone
 * is told (devicetwin.md).
 */
export class DeviceTwin implements Module, DeviceReporter {
  readonly name = ModuleName.twin;
  readonly group = Group.twin;
  readonly after = [ModuleName.edgehub, ModuleName.eventbus];
  /** Devices that changed or went, after the change is on disk. */
  readonly events = new EventEmitter<DeviceEvents>();
  readonly #options: ResolvedOptions;
  #parts: Parts | undefined;
  #dmi: DmiService | undefined;
  #trouble: string | undefined = 'not running yet';

  /** @throws {RangeError} for limits that make no sense. */
  constructor(options: DeviceTwinOptions) {
    this.#options = resolveOptions(options);
  }

  health(): ModuleHealth {
    if (this.#trouble !== undefined) return { state: 'starting', reason: this.#trouble };
    const problem = this.#dmi?.problem;
    return problem === undefined ? { state: 'ready' } : { state: 'degraded', reason: problem };
  }

  /** All devices as they stand on disk; none before the module runs. */
  devices(): DeviceSnapshot[] {
    const { devices, reporter } = this.#parts ?? {};
    return [...(devices?.values() ?? [])].map((device) => toSnapshot(device, reporter!.isPending(device.id)));
  }

  /** How many devices there are, and of how many the cloud does not know all yet. */
  counts(): { readonly total: number; readonly pending: number } {
    const { devices, reporter } = this.#parts ?? {};
    return { total: devices?.size ?? 0, pending: reporter?.pending ?? 0 };
  }

  /** One device, if this node has it. */
  device(id: string): DeviceSnapshot | undefined {
    const device = this.#parts?.devices.get(id);
    return device && toSnapshot(device, this.#parts!.reporter.isPending(id));
  }

  reportTwins(deviceId: string, twins: Readonly<Record<string, ReportedTwin>>): Promise<void> {
    const inputs = new Map<string, TwinInput>();
    for (const [key, { expected, actual }] of Object.entries(twins)) {
      inputs.set(key, {
        ...(expected === undefined ? {} : { expected: { value: expected } }),
        ...(actual === undefined ? {} : { actual: { value: actual } }),
      });
    }
    return this.#settled(({ lanes, world }, settle) =>
      lanes.submit(
        deviceId,
        new LocalUpdateOperation(world, {
          id: deviceId,
          eventId: '',
          twins: inputs,
          strictness: 'trusted',
          settle,
        }),
      ),
    );
  }

  reportState(deviceId: string, state: string): Promise<void> {
    return this.#settled(({ lanes, world }, settle) =>
      lanes.submit(deviceId, new StateUpdateOperation(world, deviceId, { state }, settle)),
    );
  }

  /** Serves until `ctx.signal` aborts; what was taken in is finished first. */
  async run(ctx: ModuleContext): Promise<void> {
    const parts = await this.#start(ctx);
    if (!parts) return;
    this.#dmi = this.#serveMappers(ctx);
    const dispatcher = new Dispatcher({
      ...parts,
      localCloudUpdated: this.#options.localCloudUpdated,
      desiredAsExpected: this.#options.desiredAsExpected,
      respond: (request) => void ctx.respond(request, OK),
      onObject: (message) => this.#dmi?.apply(message),
    });
    const unfollow = this.#followLink(ctx, parts.reporter);
    this.#trouble = undefined;
    try {
      for await (const message of ctx.receive()) await dispatcher.take(message);
      await parts.lanes.idle();
    } finally {
      unfollow();
      parts.reporter.end();
      await this.#dmi?.close();
      this.#parts = undefined;
      this.#trouble = 'not running';
    }
  }

  #serveMappers({ log, metrics }: ModuleContext): DmiService | undefined {
    const { dmiDirectory: directory, store, link } = this.#options;
    return directory === ''
      ? undefined
      : new DmiService({ directory, store, link, reporter: this, log, metrics });
  }

  /** Loads everything before the first message is looked at; a database in trouble is waited for. */
  async #start(ctx: ModuleContext): Promise<Parts | undefined> {
    for (let pause = 1000; ; pause = Math.min(pause * 2, LOAD_PAUSE_MAX_MS)) {
      try {
        return await this.#load(ctx);
      } catch (error) {
        if (ctx.signal.aborted) return undefined;
        this.#trouble = `the devices cannot be loaded: ${errorText(error)}`;
        ctx.log.error({ error: errorText(error), againInMs: pause }, 'the devices cannot be loaded');
        await sleep(pause, undefined, { signal: ctx.signal }).catch(() => {});
      }
    }
  }

  async #load(ctx: ModuleContext): Promise<Parts> {
    const { store, link, now, maxInHand, maxBatch } = this.#options;
    const { log, metrics } = ctx;
    const devices = await loadDevices(store);
    const signal = AbortSignal.any([ctx.signal]);
    // As many listeners as reports on their way.
    setMaxListeners(0, signal);
    const reporter = new Reporter({
      store,
      link,
      log,
      metrics,
      now,
      minIntervalMs: this.#options.reportMinIntervalMs,
      timeoutMs: this.#options.reportTimeoutMs,
      maxTimeoutMs: this.#options.reportMaxTimeoutMs,
      maxInFlight: this.#options.maxReportsInFlight,
      device: (id) => devices.get(id),
      devices: () => devices.values(),
      request: (message, timeoutMs) => ctx.request(this.#options.hub, message, { timeoutMs, signal }),
    });
    await reporter.load();
    const lanes = new DeviceLanes({
      store,
      reporter,
      log,
      signal: ctx.signal,
      maxInHand,
      maxBatch,
      devices,
      onChange: (id, device) => {
        metrics.gauge('edgecore_devices', devices.size);
        this.#emit(id, device, reporter);
      },
    });
    const parts: Parts = { devices, lanes, reporter, world: this.#world(ctx) };
    await this.#addStored(parts);
    metrics.gauge('edgecore_devices', devices.size);
    this.#parts = parts;
    return parts;
  }

  /** Nothing is announced of them: devices that were there all the time are no news (devicetwin.md §9). */
  async #addStored({ devices, lanes, world }: Parts): Promise<void> {
    const silent: World = { ...world, publish: async () => {} };
    for (const device of await devicesOfObjects(this.#options.store)) {
      if (!devices.has(device.id))
        await lanes.submit(device.id, new AddDeviceOperation(silent, device, { whole: false }));
    }
    await lanes.idle();
  }

  #world(ctx: ModuleContext): World {
    const { nodeName, link, expectedConflict, now, hub, eventbus } = this.#options;
    return {
      nodeName,
      link,
      log: ctx.log,
      metrics: ctx.metrics,
      expectedConflict,
      now,
      publish: (topic, payload) => this.#send(ctx, eventbus, publishMessage(topic, payload)),
      tellCloud: (message) => (link.connected ? this.#send(ctx, hub, message) : Promise.resolve()),
    };
  }

  /** What is said on MQTT, or said to the cloud only once, may get lost: it never holds up what is durable. */
  async #send(ctx: ModuleContext, module: string, message: Message): Promise<void> {
    try {
      await ctx.send(module, message);
    } catch (error) {
      const level = hasCode(error, 'ERR_NO_SUCH_MODULE') ? 'debug' : 'warn';
      ctx.log[level](
        { to: module, resource: message.resource, error: errorText(error) },
        'message not handed over',
      );
    }
  }

  #followLink(ctx: ModuleContext, reporter: Reporter): () => void {
    const { link } = this.#options;
    let up = false;
    const follow = () => {
      const now = link.connected && link.profile !== undefined;
      if (now === up) return;
      up = now;
      if (!up) return reporter.disconnected();
      void this.#send(ctx, this.#options.hub, this.#membershipRequest());
      reporter.connected();
    };
    follow();
    return link.onChange(follow);
  }

  /** No CloudCore answers it; test tools do (devicetwin.md §8.5). */
  #membershipRequest(): Message {
    const content = JSON.stringify({
      event_type: 'group_membership_event',
      event_id: newEventId(),
      group_id: this.#options.nodeName,
      operation: 'detail',
      timestamp: this.#options.now(),
    });
    return createMessage<string>({
      source: ModuleName.twin,
      group: Group.resource,
      operation: Operation.get,
      resource: 'membership/detail',
      content,
    });
  }

  #emit(id: string, device: Device | undefined, reporter: Reporter): void {
    if (!device) this.events.emit('removed', id);
    else if (this.events.listenerCount('changed') > 0) {
      this.events.emit('changed', toSnapshot(device, reporter.isPending(id)));
    }
  }

  async #settled(
    submit: (parts: Parts, settle: (verdict: LocalVerdict) => void) => Promise<void> | undefined,
  ): Promise<void> {
    const parts = this.#parts;
    if (!parts) throw new ReportRefusedError(500, 'the device module is not running');
    const verdict = await new Promise<LocalVerdict>((resolve) => void submit(parts, resolve));
    if (!verdict.ok) throw new ReportRefusedError(verdict.code, verdict.reason);
  }
}
