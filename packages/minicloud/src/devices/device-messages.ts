import { randomUUID } from 'node:crypto';
import { type CloudProfileName, CloudSource, Group, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { StoredObject } from '../objects/stored-object.js';
import { descriptionOf, desiredOf, propertiesOf, text, wireId } from './device-fields.js';

/** One property of a device as 2020's cloud sends it (devicetwin.md §8.1). */
interface WireTwin {
  readonly expected: { readonly value: string; readonly metadata: { readonly timestamp: number } };
  readonly optional: false;
  readonly metadata: { readonly type: string };
  readonly expected_version: { readonly cloud: number; readonly edge: 0 };
}

/** Builds the messages of group `twin`, which are never confirmed (devicetwin.md §8.1, §8.3). */
export class DeviceMessages {
  constructor(
    private readonly profile: CloudProfileName,
    private readonly now: () => number,
  ) {}

  /** A device came to a node or left it. */
  membership(change: 'added' | 'removed', device: StoredObject): Message {
    const timestamp = this.now();
    const { name } = device.metadata;
    const description = descriptionOf(device);
    const twin = this.profile === '2020' ? twinsOf(device, timestamp) : {};
    const entry = {
      id: wireId(device, this.profile),
      name,
      ...(description === '' ? {} : { description }),
      ...(Object.keys(twin).length === 0 ? {} : { twin }),
    };
    return fromController('membership', {
      event_id: randomUUID(),
      timestamp,
      added_devices: change === 'added' ? [entry] : null,
      removed_devices: change === 'removed' ? [entry] : null,
    });
  }

  /** All wishes of a device anew, and which properties are gone (2020). `undefined`: there are none. */
  cloudUpdated(device: StoredObject, previous: StoredObject): Message | undefined {
    const timestamp = this.now();
    const version = Number(device.metadata.resourceVersion);
    const kept = twinsOf(device, timestamp);
    const gone = Object.entries(twinsOf(previous, timestamp, version))
      .filter(([name]) => !(name in kept))
      .map(([name, twin]) => [name, { ...twin, metadata: { type: 'deleted' } }] as const);
    const twin = { ...kept, ...Object.fromEntries(gone) };
    if (Object.keys(twin).length === 0) return undefined;
    const resource = `device/${wireId(device, this.profile)}/twin/cloud_updated`;
    return fromController(resource, { event_id: randomUUID(), timestamp, twin });
  }
}

/** The cloud's version of every wish is that of the whole device. */
function twinsOf(
  device: StoredObject,
  timestamp: number,
  version = Number(device.metadata.resourceVersion),
): Record<string, WireTwin> {
  const twins = propertiesOf(device).map((property): [string, WireTwin] => {
    const { value, metadata } = desiredOf(property);
    return [
      text(property['name']),
      {
        expected: { value, metadata: { timestamp } },
        optional: false,
        metadata: { type: metadata?.['type'] ?? 'string' },
        expected_version: { cloud: version, edge: 0 },
      },
    ];
  });
  return Object.fromEntries(twins);
}

function fromController(resource: string, content: unknown): Message {
  return createMessage<unknown>({
    source: CloudSource.devicecontroller,
    group: Group.twin,
    operation: Operation.update,
    resource,
    content,
  });
}
