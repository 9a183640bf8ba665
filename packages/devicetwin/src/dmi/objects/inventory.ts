import { createHash } from 'node:crypto';
import { encode } from '@edgecore/grpc';
import { Device, type DeviceInit, DeviceModel, type DeviceModelInit } from '../messages.js';
import { effectiveDevice, inOrder, modelMessage, modelName, protocolOf } from './effective-device.js';
import { keyText, type ObjectKey, type StoredObject } from './stored-object.js';

/** What a mapper of one protocol should have of an object. */
export type Wanted =
  /** Nothing: it is gone, or another protocol's. */
  | { readonly kind: 'none' }
  /** Whatever it has: the object is there, but cannot be sent now. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'device'; readonly device: DeviceInit; readonly digest: string }
  | { readonly kind: 'model'; readonly model: DeviceModelInit; readonly digest: string };

const NONE: Wanted = { kind: 'none' };
const KEEP: Wanted = { kind: 'keep' };

/** The devices and models of this node, and what each mapper should have of them. Decides nothing, calls nobody. */
export class Inventory {
  readonly #objects = new Map<string, StoredObject>();

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): StoredObject | undefined {
    return this.#objects.get(keyText(key));
  }

  /** Puts an object in its place. @returns the objects mappers see differently now, in the order to tell them. */
  put(object: StoredObject): ObjectKey[] {
    this.#objects.set(keyText(object), object);
    return this.#affected(object);
  }

  /** @returns as {@link put}. */
  remove(key: ObjectKey): ObjectKey[] {
    this.#objects.delete(keyText(key));
    return this.#affected(key);
  }

  /** All keys, models first: a device needs its model. */
  keys(): ObjectKey[] {
    return [...this.#of('devicemodel'), ...this.#of('device')];
  }

  /** Of one protocol, in the order they came. */
  devices(protocol: string): StoredObject[] {
    return this.#of('device').filter((device) => protocolOf(device) === protocol);
  }

  /** The model of the device with this key, when both are there. */
  modelOf(key: ObjectKey): StoredObject | undefined {
    const device = key.type === 'device' ? this.get(key) : undefined;
    return device && this.model(device);
  }

  model(device: StoredObject): StoredObject | undefined {
    return this.get({ type: 'devicemodel', namespace: device.namespace, name: modelName(device) });
  }

  wanted(key: ObjectKey, protocol: string): Wanted {
    const object = this.get(key);
    if (!object) return NONE;
    return object.type === 'device'
      ? this.#wantedDevice(object, protocol)
      : this.#wantedModel(object, protocol);
  }

  #wantedDevice(object: StoredObject, protocol: string): Wanted {
    if (protocolOf(object) !== protocol) return NONE;
    const model = this.model(object);
    if (!model) return KEEP;
    const device = effectiveDevice(object, model);
    return { kind: 'device', device, digest: digest(encode(Device, inOrder(device))) };
  }

  /** A model goes to the mapper it names, and to those of the devices that use it. */
  #wantedModel(object: StoredObject, protocol: string): Wanted {
    const used =
      object.spec['protocol'] === protocol ||
      this.#usersOf(object).some((device) => protocolOf(device) === protocol);
    if (!used) return KEEP;
    const model = modelMessage(object);
    return { kind: 'model', model, digest: digest(encode(DeviceModel, model)) };
  }

  #affected(key: ObjectKey): ObjectKey[] {
    if (key.type === 'devicemodel') return [key, ...this.#usersOf(key)];
    const model = this.modelOf(key);
    return model ? [model, key] : [key];
  }

  #usersOf(model: ObjectKey): StoredObject[] {
    return this.#of('device').filter(
      (device) => device.namespace === model.namespace && modelName(device) === model.name,
    );
  }

  #of(type: ObjectKey['type']): StoredObject[] {
    return [...this.#objects.values()].filter((object) => object.type === type);
  }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
