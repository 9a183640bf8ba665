import type { CloudProfileName } from '@edgecore/api';
import { namespaceOf, type StoredObject, statusOf } from '../objects/stored-object.js';
import {
  descriptionOf,
  desiredOf,
  modelOf,
  nodeOfDevice,
  propertiesOf,
  type TwinProperty,
  text,
  wireId,
} from './device-fields.js';
import { statusTwins } from './device-report.js';

/** One property of a device, as the cloud knows it. */
export interface CloudDeviceProperty {
  /** What is wanted; `''`: nothing. */
  readonly desired: string;
  /** `string`, `int`, … of the wish; `string` unless the manifest says otherwise. */
  readonly type: string;
  /** What was measured; absent before the first report. `metadata.timestamp`: milliseconds, as text. */
  readonly reported?: TwinProperty;
  /** What the edge says it was asked for (profile `current`). */
  readonly observedDesired?: TwinProperty;
}

/** A device with what its node reported. */
export interface CloudDevice {
  readonly namespace: string;
  readonly name: string;
  /** Its name on the wire and in MQTT topics: `<name>` in 2020, `<namespace>/<name>` today. */
  readonly id: string;
  /** `''` while it waits for a node. */
  readonly node: string;
  readonly model: string;
  readonly description: string;
  /** As reported; `''` before the first report, and always in 2020, whose cloud drops states. */
  readonly state: string;
  /** RFC 3339; `''` when it never was online. */
  readonly lastOnlineTime: string;
  readonly properties: Readonly<Record<string, CloudDeviceProperty>>;
  /** Grows with each change of the device, its status included. */
  readonly version: number;
}

/** `status`: the object with the reports, the device itself in 2020. */
export function viewDevice(
  device: StoredObject,
  status: StoredObject | undefined,
  profile: CloudProfileName,
): CloudDevice {
  const reports = status ? statusOf(status) : {};
  const twins = new Map(statusTwins(reports).map((twin) => [twin.propertyName, twin]));
  const properties = propertiesOf(device).map((property) => {
    const name = text(property['name']);
    const { value, metadata } = desiredOf(property);
    const { propertyName: _name, ...reported } = twins.get(name) ?? { propertyName: name };
    return [name, { desired: value, type: metadata?.['type'] ?? 'string', ...reported }] as const;
  });
  return {
    namespace: namespaceOf(device),
    name: device.metadata.name,
    id: wireId(device, profile),
    node: nodeOfDevice(device),
    model: modelOf(device),
    description: descriptionOf(device),
    state: text(reports['state']),
    lastOnlineTime: text(reports['lastOnlineTime']),
    properties: Object.fromEntries(properties),
    version: Math.max(Number(device.metadata.resourceVersion), Number(status?.metadata.resourceVersion ?? 0)),
  };
}
