import type { Message } from '@edgecore/beehive';
import type { HubRules } from '../hub/hub-rules.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import type { ObjectEvent, ObjectStore } from '../objects/object-store.js';
import { namespaceOf, type StoredObject } from '../objects/stored-object.js';
import { modelOf, nodeOfDevice } from './device-fields.js';
import type { DeviceMessages } from './device-messages.js';

export interface DeviceDownstreamOptions {
  readonly objects: ObjectStore;
  readonly rules: HubRules;
  readonly messages: DeviceMessages;
  /** Sends what nobody confirms; lost when the node is not connected. */
  readonly tell: (node: string, message: Message) => Promise<void>;
  /** Sends an object until the node confirms it. */
  readonly send: (
    node: string,
    operation: 'insert' | 'update' | 'delete',
    kind: Kind,
    object: StoredObject,
  ) => Promise<void>;
}

/** Which device messages follow from a change: the device controller (devicetwin.md §8.1, §8.3). */
export class DeviceDownstream {
  readonly #greeted = new Set<string>();

  constructor(private readonly options: DeviceDownstreamOptions) {}

  async onDevice({ type, object, previous }: ObjectEvent): Promise<void> {
    const node = nodeOfDevice(object);
    const before = type === 'added' ? '' : nodeOfDevice(previous ?? object);
    if (type === 'deleted') await this.#leave(node, object);
    else if (before !== node) {
      // It leaves with the version of the change that moved it.
      await this.#leave(before, object, previous);
      await this.#enter(node, object);
    } else if (node !== '' && previous) await this.#change(node, object, previous);
  }

  /**
   * The first connection of a node after a start of the cloud: 2020's reads
   * all devices anew and tells every one again (devicetwin.md §8.1).
   */
  async greet(node: string): Promise<void> {
    if (this.options.rules.devicesAsObjects || this.#greeted.has(node)) return;
    this.#greeted.add(node);
    for (const device of this.#devicesOn(node)) await this.#enter(node, device);
  }

  /** A node that was deleted is a new one when it comes back. */
  forget(node: string): void {
    this.#greeted.delete(node);
  }

  /** All the node should have: its devices and, before them, their models. */
  objectsOf(node: string, except: (device: StoredObject) => boolean): { kind: Kind; object: StoredObject }[] {
    const devices = this.#devicesOn(node).filter((device) => !except(device));
    const models = new Set(devices.flatMap((device) => this.#modelOf(device) ?? []));
    return [
      ...[...models].map((object) => ({ kind: Kinds.deviceModel, object })),
      ...devices.map((object) => ({ kind: Kinds.device, object })),
    ];
  }

  async #enter(node: string, device: StoredObject): Promise<void> {
    const { rules, messages, tell, send } = this.options;
    if (node === '') return;
    await tell(node, messages.membership('added', device));
    if (!rules.devicesAsObjects) return;
    const model = this.#modelOf(device);
    if (model && !this.#isShared(node, device)) await send(node, 'insert', Kinds.deviceModel, model);
    await send(node, 'insert', Kinds.device, device);
  }

  async #change(node: string, device: StoredObject, previous: StoredObject): Promise<void> {
    const { rules, messages, tell, send } = this.options;
    if (!rules.devicesAsObjects) {
      const message = messages.cloudUpdated(device, previous);
      if (message) await tell(node, message);
      return;
    }
    const model = this.#modelOf(device);
    if (model) await send(node, 'update', Kinds.deviceModel, model);
    await send(node, 'update', Kinds.device, device);
  }

  /** `was`: how the device looked while it was there, for its model. */
  async #leave(node: string, device: StoredObject, was: StoredObject = device): Promise<void> {
    const { rules, messages, tell, send } = this.options;
    if (node === '') return;
    await tell(node, messages.membership('removed', device));
    if (!rules.devicesAsObjects) return;
    const model = this.#modelOf(was);
    if (model && !this.#isShared(node, was)) await send(node, 'delete', Kinds.deviceModel, model);
    await send(node, 'delete', Kinds.device, device);
  }

  /** Does another device of the node have the same model? */
  #isShared(node: string, device: StoredObject): boolean {
    const { uid } = device.metadata;
    return this.#devicesOn(node).some(
      (other) =>
        other.metadata.uid !== uid &&
        namespaceOf(other) === namespaceOf(device) &&
        modelOf(other) === modelOf(device),
    );
  }

  #modelOf(device: StoredObject): StoredObject | undefined {
    return this.options.objects.get(Kinds.deviceModel, namespaceOf(device), modelOf(device));
  }

  #devicesOn(node: string): StoredObject[] {
    return this.options.objects.list(Kinds.device).filter((device) => nodeOfDevice(device) === node);
  }
}
