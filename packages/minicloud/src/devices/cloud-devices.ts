import type { CloudProfileName } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { type Fields, namespaceOf, type StoredObject, specOf, statusOf } from '../objects/stored-object.js';
import { nodeOfDevice, propertiesOf, propertyNames } from './device-fields.js';
import { checkValue } from './device-manifest.js';
import { mergeReport, type PropertyReport, type StateReport, statusTwins } from './device-report.js';
import { type CloudDevice, viewDevice } from './device-view.js';

export interface CloudDevicesOptions {
  readonly objects: ObjectStore;
  readonly profile: CloudProfileName;
  /** Be v1.23.1: the first report of a property is lost (devicetwin.md §8.4). */
  readonly firstReportIsLost: boolean;
}

/**
 * Devices and what was reported of them. In 2020 reports are in the device's
 * own status, today in a `DeviceStatus` of the same name (compat.md §3).
 */
export class CloudDevices {
  constructor(private readonly options: CloudDevicesOptions) {}

  list(): CloudDevice[] {
    return this.options.objects.list(Kinds.device).map((device) => this.view(device));
  }

  view(device: StoredObject): CloudDevice {
    return viewDevice(device, this.#statusObject(device), this.options.profile);
  }

  /** The device of a wire id or of `<namespace>/<name>`. */
  find(id: string, node = ''): StoredObject | undefined {
    const { objects } = this.options;
    const [namespace = '', name, ...rest] = id.split('/');
    if (rest.length > 0) return undefined;
    if (name !== undefined) return objects.get(Kinds.device, namespace, name);
    // Ids of one word do not tell namespaces apart: the one on the node that speaks is meant.
    const found = objects.list(Kinds.device).filter(({ metadata }) => metadata.name === id);
    return found.find((device) => nodeOfDevice(device) === node) ?? found[0];
  }

  /** Stores what a node measured; on disk when this resolves. */
  async reportTwins(device: StoredObject, report: ReadonlyMap<string, PropertyReport>): Promise<void> {
    const { profile, firstReportIsLost } = this.options;
    const current = profile === 'current';
    const rules = {
      properties: propertyNames(device),
      keepsObservedDesired: current,
      losesFirst: current && firstReportIsLost,
    };
    await this.#changeStatus(device, (status) => {
      const twins = mergeReport(statusTwins(status), report, rules);
      // A report the cloud keeps nothing of is no change (recorded: no echo).
      return twins.length === 0 && status['twins'] === undefined ? status : { ...status, twins };
    });
  }

  /** Stores a device's state; the time of the last contact stays when none is told. */
  async reportState(device: StoredObject, report: StateReport): Promise<void> {
    await this.#changeStatus(device, (status) => ({ ...status, ...report }));
  }

  /**
   * Changes what is wanted of a property.
   * @throws {ApiError} NotFound, or Invalid for a value that is no text.
   */
  async setDesired(id: string, property: string, value: unknown): Promise<CloudDevice> {
    const device = this.find(id);
    if (!device) throw new ApiError('NotFound', 404, `there is no device "${id}"`);
    const known = propertyNames(device);
    if (!known.includes(property)) {
      const others = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
      throw new ApiError('NotFound', 404, `device "${id}" has no property "${property}"; ${others}`);
    }
    const wanted = checkValue(value, `the value of ${property}`);
    const { objects } = this.options;
    const stored = await objects.update(Kinds.device, namespaceOf(device), device.metadata.name, (draft) => ({
      ...draft,
      spec: {
        ...specOf(draft),
        properties: propertiesOf(draft).map((entry) => withWish(entry, property, wanted)),
      },
    }));
    return this.view(stored);
  }

  /** Removes the reports of a device that is gone. */
  async forget(device: StoredObject): Promise<void> {
    const status = this.options.objects.get(Kinds.deviceStatus, namespaceOf(device), device.metadata.name);
    if (status && ownerOf(status) === device.metadata.uid) {
      await this.options.objects.remove(Kinds.deviceStatus, namespaceOf(device), device.metadata.name);
    }
  }

  #statusObject(device: StoredObject): StoredObject | undefined {
    if (this.options.profile === '2020') return device;
    const status = this.options.objects.get(Kinds.deviceStatus, namespaceOf(device), device.metadata.name);
    // One left by a device that had the name before says nothing about this one.
    return status && ownerOf(status) === device.metadata.uid ? status : undefined;
  }

  async #changeStatus(device: StoredObject, change: (status: Fields) => Fields): Promise<void> {
    const { objects, profile } = this.options;
    const { name, uid } = device.metadata;
    const namespace = namespaceOf(device);
    if (profile === '2020') {
      await objects.update(Kinds.device, namespace, name, (draft) => {
        if (draft.metadata.uid !== uid) return draft;
        return { ...draft, status: change(statusOf(draft)) };
      });
      return;
    }
    if (!objects.get(Kinds.deviceStatus, namespace, name)) {
      const owner = { apiVersion: Kinds.device.apiVersion, kind: Kinds.device.kind, name, uid };
      const metadata = { name, namespace, ownerReferences: [owner] };
      await objects.create(Kinds.deviceStatus, { metadata, status: change({}) });
      return;
    }
    await objects.update(Kinds.deviceStatus, namespace, name, (draft) => {
      if (ownerOf(draft) === uid) return { ...draft, status: change(statusOf(draft)) };
      const owner = { apiVersion: Kinds.device.apiVersion, kind: Kinds.device.kind, name, uid };
      return { ...draft, metadata: { ...draft.metadata, ownerReferences: [owner] }, status: change({}) };
    });
  }
}

function withWish(entry: Fields, property: string, value: string): Fields {
  if (entry['name'] !== property) return entry;
  return { ...entry, desired: { ...((entry['desired'] ?? {}) as Fields), value } };
}

function ownerOf(status: StoredObject): string | undefined {
  const { ownerReferences } = status.metadata as { ownerReferences?: readonly { uid?: string }[] };
  return ownerReferences?.[0]?.uid;
}
