import { isRecord, Operation, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { DeviceInput } from '../json/membership-input.js';
import { objectOf } from '../json/read.js';
import type { TwinInput, TwinInputs } from '../json/twin-input.js';
import { isDeviceId } from '../model/device.js';
import { AddDeviceOperation, RemoveDeviceOperation } from '../operations/membership.js';
import type { DispatcherOptions } from './dispatcher.js';

/**
 * Objects of today's cloud, as MetaManager hands them on once they are stored.
 * A device object is also a membership message, for the case that the one of
 * the cloud was lost (devicetwin.md §8.3, dual rule).
 */
export class ObjectMessages {
  constructor(private readonly options: DispatcherOptions) {}

  /** @throws {MalformedError} */
  async take(message: Message): Promise<void> {
    const [namespace = '', type, name = ''] = message.resource.split('/');
    this.options.onObject(message);
    if (type !== ResourceType.device) return;
    const object = objectOf(message.content);
    const { world, lanes, desiredAsExpected } = this.options;
    // The edge's own API names the operation where the name should be.
    const device = deviceInput(namespace, name === 'updated' ? '' : name, object);
    if (!isDeviceId(device.id)) {
      world.log.warn({ resource: message.resource }, 'a device object without a usable name is left out');
      return;
    }
    const operation =
      message.operation === Operation.delete
        ? new RemoveDeviceOperation(world, device)
        : new AddDeviceOperation(world, device, {
            whole: false,
            ...(desiredAsExpected ? { wishes: wishesOf(object) } : {}),
          });
    await lanes.submit(device.id, operation);
  }
}

/** The membership a device object stands for. */
export function deviceInput(namespace: string, name: string, object: unknown): DeviceInput {
  const metadata = isRecord(object) && isRecord(object['metadata']) ? object['metadata'] : {};
  const labels = isRecord(metadata['labels']) ? metadata['labels'] : {};
  const ownName = name || text(metadata['name']);
  const ownNamespace = namespace || text(metadata['namespace']);
  return {
    id: `${ownNamespace}/${ownName}`,
    name: ownName,
    description: text(labels['description']),
    state: '',
    lastOnline: '',
  };
}

/** Desired values of a device object as the cloud of 2020 would have sent them (§10.5). */
export function wishesOf(object: unknown): TwinInputs {
  const record = isRecord(object) ? object : {};
  const metadata = isRecord(record['metadata']) ? record['metadata'] : {};
  const spec = isRecord(record['spec']) ? record['spec'] : {};
  const cloud = Number(text(metadata['resourceVersion'])) || 0;
  const properties = Array.isArray(spec['properties']) ? spec['properties'] : [];
  const wishes = new Map<string, TwinInput>();
  for (const property of properties) {
    if (!isRecord(property) || !isRecord(property['desired'])) continue;
    const name = text(property['name']);
    const value = property['desired']['value'];
    if (name === '' || typeof value !== 'string' || value === '') continue;
    wishes.set(name, { expected: { value }, optional: false, expectedVersion: { cloud, edge: 0 } });
  }
  return wishes;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
