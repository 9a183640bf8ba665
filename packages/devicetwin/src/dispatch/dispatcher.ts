import { CloudSource, errorText } from '@edgecore/api';
import { isConnectionEvent, type Message } from '@edgecore/beehive';
import { eventIdOf, readMessage } from '../json/base-message.js';
import { MalformedError } from '../json/read.js';
import type { DeviceLanes } from '../lanes/device-lanes.js';
import { membershipPayload } from '../membership/payloads.js';
import type { Device } from '../model/device.js';
import { LocalUpdateOperation } from '../operations/local-update.js';
import { StateUpdateOperation } from '../operations/state-update.js';
import { TwinGetOperation } from '../operations/twin-get.js';
import { nodeTopic, parseTopic } from '../topics.js';
import { errorPayload } from '../twins/payloads.js';
import type { World } from '../world.js';
import { CloudMessages } from './cloud-messages.js';
import { ObjectMessages } from './object-messages.js';

export interface DispatcherOptions {
  readonly world: World;
  readonly lanes: DeviceLanes;
  readonly devices: ReadonlyMap<string, Device>;
  readonly localCloudUpdated: boolean;
  readonly desiredAsExpected: boolean;
  /** Answers a request; called once its result is on disk, or refused. */
  respond(request: Message): void;
  /** A device or model object of today's cloud, for who else wants it. */
  onObject(message: Message): void;
}

const CLOUD: ReadonlySet<string> = new Set([
  CloudSource.devicecontroller,
  'edgemgr',
  // After a resync today's cloud names it as the source of everything (wire.md §5.6).
  CloudSource.edgecontroller,
]);
const META: ReadonlySet<string> = new Set(['meta', 'metamanager']);

/** Finds out what a message asks for and queues it with its device (devicetwin.md §3). */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #cloud: CloudMessages;
  readonly #objects: ObjectMessages;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#cloud = new CloudMessages(options);
    this.#objects = new ObjectMessages(options);
  }

  /** Never throws for what a message holds. Waits while too much is in hand. */
  async take(message: Message): Promise<void> {
    const { world, respond } = this.#options;
    try {
      if (await this.#route(message)) return;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      world.metrics.count('edgecore_device_messages_refused_total', { source: message.source });
      world.log.warn(
        { message: message.id, resource: message.resource, error: errorText(error) },
        'message cannot be read, it is left out',
      );
    }
    if (message.sync) respond(message);
  }

  /** True when whoever waits for an answer gets it later. @throws {MalformedError} */
  async #route(message: Message): Promise<boolean> {
    if (message.source === 'bus') return await this.#fromDevice(message);
    // Confirmations that nobody waits for any more, and the link's events, which come another way.
    if (message.parentId !== '' || isConnectionEvent(message)) return false;
    if (CLOUD.has(message.source)) await this.#cloud.take(message);
    else if (META.has(message.source)) await this.#objects.take(message);
    else {
      const { source, resource } = message;
      this.#options.world.log.debug({ source, resource }, 'message for nobody here');
    }
    return false;
  }

  async #fromDevice(message: Message): Promise<boolean> {
    const { world, lanes, respond, localCloudUpdated } = this.#options;
    const { content } = message;
    const topic = Buffer.from(message.resource, 'base64url').toString();
    const ask = parseTopic(topic);
    const done = message.sync ? () => respond(message) : () => {};
    switch (ask?.kind) {
      case 'twinUpdate':
        await lanes.submit(ask.id, LocalUpdateOperation.ofMessage(world, ask.id, content, done));
        return true;
      case 'stateUpdate':
        await lanes.submit(ask.id, new StateUpdateOperation(world, ask.id, content, done));
        return true;
      case 'twinGet':
        await lanes.submit(ask.id, new TwinGetOperation(world, content, done));
        return true;
      case 'membershipGet':
        await this.#tellMembership(content);
        return false;
      case 'cloudUpdated':
        if (localCloudUpdated) await this.#cloud.takeUpdate(ask.id, content);
        else world.log.debug({ topic }, 'an MQTT client wrote as if it were the cloud, left out');
        return false;
      default:
        world.log.debug({ topic }, 'topic that no device uses');
        return false;
    }
  }

  async #tellMembership(content: unknown): Promise<void> {
    const { world, devices } = this.#options;
    const now = world.now();
    let payload: string;
    try {
      payload = membershipPayload(readMessage(content).eventId, now, devices.values());
    } catch (error) {
      const reason = `Unmarshal get membership info ${String(content)} failed , err: ${errorText(error)}`;
      payload = errorPayload(eventIdOf(content), now, 400, reason);
    }
    await world.publish(nodeTopic(world.nodeName, 'membership/get/result'), payload);
  }
}
