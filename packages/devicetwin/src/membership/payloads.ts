import type { AttributeInputs, DeviceInput } from '../json/membership-input.js';
import type { SideInput, TwinInput, TwinInputs } from '../json/twin-input.js';
import type { Attribute, Device } from '../model/device.js';
import { TOMBSTONE } from '../model/twin.js';
import { type SideMessage, sortedRecord } from '../twins/twin-message.js';

/** An attribute as messages carry it. */
export interface AttributeMessage {
  value: string;
  optional?: boolean;
  metadata?: { type: string };
}

export function membershipUpdatedPayload(
  eventId: string,
  timestamp: number,
  change: { readonly added: DeviceInput } | { readonly removed: DeviceInput },
): string {
  return JSON.stringify({
    event_id: eventId,
    timestamp,
    added_devices: 'added' in change ? [receivedDevice(change.added)] : null,
    removed_devices: 'removed' in change ? [receivedDevice(change.removed)] : null,
  });
}

/** All devices, without their twins (devicetwin.md §7.1, MemGet). */
export function membershipPayload(eventId: string, timestamp: number, devices: Iterable<Device>): string {
  return JSON.stringify({
    event_id: eventId,
    timestamp,
    devices: [...devices].map((device) => ({
      ...texts(device),
      ...(device.attributes.size === 0
        ? {}
        : {
            attributes: sortedRecord(
              [...device.attributes].map(([key, attribute]) => [key, attributeMessage(attribute)] as const),
            ),
          }),
    })),
  });
}

export function attributeMessage({ value, optional, type }: Attribute): AttributeMessage {
  return { value, optional, metadata: { type } };
}

/** The device as the cloud sent it; mappers need no versions, and a deleted twin is `null`. */
function receivedDevice(device: DeviceInput): object {
  return {
    ...texts(device),
    ...(device.attributes ? { attributes: receivedAttributes(device.attributes) } : {}),
    ...(device.twins ? { twin: receivedTwins(device.twins) } : {}),
  };
}

function texts({
  id,
  name,
  description,
  state,
  lastOnline,
}: Pick<Device, 'id' | 'name' | 'description' | 'state' | 'lastOnline'>) {
  return {
    id,
    ...(name === '' ? {} : { name }),
    ...(description === '' ? {} : { description }),
    ...(state === '' ? {} : { state }),
    ...(lastOnline === '' ? {} : { last_online: lastOnline }),
  };
}

function receivedAttributes(attributes: AttributeInputs): object {
  return sortedRecord(
    [...attributes].map(
      ([key, input]) =>
        [
          key,
          input && {
            value: input.value ?? '',
            ...(input.optional === undefined ? {} : { optional: input.optional }),
            ...(input.type === undefined ? {} : { metadata: input.type === '' ? {} : { type: input.type } }),
          },
        ] as const,
    ),
  );
}

function receivedTwins(twins: TwinInputs): object {
  return sortedRecord([...twins].map(([key, input]) => [key, receivedTwin(input)] as const));
}

function receivedTwin(input: TwinInput | null): object | null {
  if (input === null || input.type === TOMBSTONE) return null;
  return {
    ...(input.expected ? { expected: receivedSide(input.expected) } : {}),
    ...(input.actual ? { actual: receivedSide(input.actual) } : {}),
    ...(input.optional === undefined ? {} : { optional: input.optional }),
    ...(input.type === undefined ? {} : { metadata: input.type === '' ? {} : { type: input.type } }),
  };
}

function receivedSide({ value, timestamp }: SideInput): SideMessage {
  return {
    ...(value === undefined ? {} : { value }),
    ...(timestamp === undefined ? {} : { metadata: { timestamp } }),
  };
}
