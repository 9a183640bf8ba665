import type { Message } from '@edgecore/beehive';
import { readMessage } from '../json/base-message.js';
import {
  type DeviceInput,
  readAttributes,
  readMembershipDetail,
  readMembershipUpdate,
} from '../json/membership-input.js';
import { MalformedError } from '../json/read.js';
import { readTwinUpdate, twinsOf } from '../json/twin-input.js';
import { isDeviceId } from '../model/device.js';
import { AttributesOperation } from '../operations/attributes-update.js';
import { AddDeviceOperation, RemoveDeviceOperation } from '../operations/membership.js';
import { CloudUpdateOperation } from '../operations/sync-twins.js';
import type { DispatcherOptions } from './dispatcher.js';

/** Messages of the cloud's device controller (devicetwin.md §8.1, §8.3). */
export class CloudMessages {
  #warnedOfProfile = false;

  constructor(private readonly options: DispatcherOptions) {}

  /** @throws {MalformedError} for contents that cannot be read. */
  async take(message: Message): Promise<void> {
    const { resource, content } = message;
    const parts = resource.split('/');
    const membership = parts.indexOf('membership');
    if (parts[0] === 'device' && resource.endsWith('/twin/cloud_updated')) {
      await this.takeUpdate(resource.slice('device/'.length, -'/twin/cloud_updated'.length), content);
    } else if (parts[0] === 'device' && parts.length > 1 && message.operation.includes('updated')) {
      await this.#attributes(parts.slice(1).join('/'), content);
    } else if (membership >= 0 && parts[membership + 1] === 'detail') {
      await this.#detail(content);
    } else if (membership >= 0) {
      await this.#membership(content);
    } else {
      this.options.world.log.debug(
        { resource },
        'message of the device controller that asks for nothing known',
      );
    }
  }

  /** `cloud_updated`, of the cloud or of whoever may speak for it. @throws {MalformedError} */
  async takeUpdate(id: string, content: unknown): Promise<void> {
    const update = readTwinUpdate(content);
    const { world, lanes } = this.options;
    await lanes.submit(id, new CloudUpdateOperation(world, id, update.eventId, twinsOf(update)));
  }

  async #attributes(id: string, content: unknown): Promise<void> {
    const { eventId, rest } = readMessage(content);
    const attributes = rest.get('attributes');
    if (attributes === undefined) throw new MalformedError('there are no attributes');
    const { world, lanes } = this.options;
    await lanes.submit(id, new AttributesOperation(world, id, eventId, readAttributes(attributes)));
  }

  async #membership(content: unknown): Promise<void> {
    const { added, removed } = readMembershipUpdate(content);
    for (const device of added) await this.#add(device);
    for (const device of removed) await this.#remove(device);
  }

  /** The list is all there is: devices it does not name go. */
  async #detail(content: unknown): Promise<void> {
    const { lanes, devices } = this.options;
    const listed = readMembershipDetail(content);
    // What is still in hand may add and remove devices, too.
    await lanes.idle();
    const names = new Set(listed.map(({ id }) => id));
    const gone = [...devices.keys()].filter((id) => !names.has(id));
    for (const device of listed) await this.#add(device);
    for (const id of gone) {
      await this.#remove({ id, name: '', description: '', state: '', lastOnline: '' });
    }
  }

  async #add(device: DeviceInput): Promise<void> {
    const { world, lanes } = this.options;
    if (!isDeviceId(device.id)) {
      world.log.warn(
        { device: device.id },
        'the cloud names a device that cannot stand in a topic, left out',
      );
      return;
    }
    this.#checkProfile(device.id);
    await lanes.submit(device.id, new AddDeviceOperation(world, device, { whole: true }));
  }

  async #remove(device: DeviceInput): Promise<void> {
    const { world, lanes } = this.options;
    await lanes.submit(device.id, new RemoveDeviceOperation(world, device));
  }

  /** Ids tell the clouds apart: one that does not fit means the profile was guessed wrong, or set wrong. */
  #checkProfile(id: string): void {
    const { link, log } = this.options.world;
    if (this.#warnedOfProfile || link.profile?.name !== '2020' || !id.includes('/')) return;
    this.#warnedOfProfile = true;
    log.warn(
      { device: id },
      'the cloud names devices as today, but is taken for one of 2020: check edgecoreTs.cloudProfile',
    );
  }
}
