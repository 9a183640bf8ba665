import type { Device } from './model/device.js';
import { isLive, type SideName, type Twin, versionOf } from './model/twin.js';
import type { DeviceSnapshot, SideSnapshot, TwinSnapshot } from './snapshot.js';
import { sortedRecord } from './twins/twin-message.js';

/** The device for those outside. */
export function toSnapshot(device: Device, pending: boolean): DeviceSnapshot {
  const { id, name, description, state, lastOnline, attributes, twins } = device;
  return {
    id,
    name,
    description,
    state,
    lastOnline,
    attributes: sortedRecord(
      [...attributes].map(([key, { value, optional, type }]) => [key, { value, optional, type }] as const),
    ),
    twins: sortedRecord(
      [...twins].filter(([, twin]) => isLive(twin)).map(([key, twin]) => [key, twinSnapshot(twin)] as const),
    ),
    pending,
  };
}

function twinSnapshot(twin: Twin): TwinSnapshot {
  const expected = side(twin, 'expected');
  const actual = side(twin, 'actual');
  return {
    ...(expected ? { expected } : {}),
    ...(actual ? { actual } : {}),
    optional: twin.optional,
    type: twin.type,
  };
}

function side(twin: Twin, name: SideName): SideSnapshot | undefined {
  const value = twin[name];
  return value && { ...value, version: twin[versionOf(name)] ?? { cloud: 0, edge: 0 } };
}
