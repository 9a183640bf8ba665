import type { DeviceSnapshot, SideSnapshot, TwinSnapshot } from '@edgecore/edgecore';
import { printable } from './printable.js';
import { age } from './status-table.js';
import { table } from './table.js';

/** Longest cell of properties; `device get` has them all. */
const MAX_PROPERTIES = 80;

/** What `edgecore device list` prints for people. `now` in milliseconds since the epoch. */
export function formatDevices(devices: readonly DeviceSnapshot[], now: number): string {
  if (devices.length === 0) return 'No devices.';
  const rows = [...devices]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map((device) => [
      printable(device.id),
      printable(device.state) || '-',
      shortened(propertiesOf(device)),
      since(device.lastOnline, now),
      device.pending ? 'yes' : '',
    ]);
  return table([['ID', 'STATE', 'PROPERTIES', 'LAST ONLINE', 'PENDING'], ...rows]);
}

/** What `edgecore device get` prints for people. */
export function formatDevice(device: DeviceSnapshot, now: number): string {
  const facts = [
    ['Device', printable(device.id)],
    ...(device.description === '' ? [] : [['About', printable(device.description)]]),
    ['State', printable(device.state) || '-'],
    ['Last online', since(device.lastOnline, now)],
    ['Cloud', device.pending ? 'waiting to be told' : 'knows all of it'],
  ];
  const twins = sorted(device.twins).map(([name, twin]) => [
    printable(name),
    twin.type,
    ...sideCells(twin.expected, now),
    ...sideCells(twin.actual, now),
    isOpen(twin) ? '*' : '',
  ]);
  const attributes = sorted(device.attributes).map(([name, { value, type }]) => [
    printable(name),
    printable(value),
    type,
  ]);
  return [
    table(facts),
    twins.length === 0
      ? 'No properties.'
      : table([['PROPERTY', 'TYPE', 'EXPECTED', 'VERSION', 'AGE', 'ACTUAL', 'VERSION', 'AGE', ''], ...twins]),
    ...(attributes.length === 0 ? [] : [table([['ATTRIBUTE', 'VALUE', 'TYPE'], ...attributes])]),
    ...(Object.values(device.twins).some(isOpen) ? ['* not yet as expected'] : []),
  ].join('\n\n');
}

/** One change, as `edgecore device watch` prints it for people. */
export function formatChange(change: DeviceSnapshot | RemovedDevice, now: number): string {
  const time = new Date(now).toISOString().slice(11, 19);
  if ('removed' in change) return `${time}  ${printable(change.id)}  removed`;
  const { id, state, pending } = change;
  return [
    time,
    printable(id),
    printable(state) || '-',
    propertiesOf(change),
    ...(pending ? ['(pending)'] : []),
  ].join('  ');
}

/** The line of a watch that tells of a device that is gone. */
export interface RemovedDevice {
  readonly id: string;
  readonly removed: true;
}

/** `power=OFF (wanted ON) temperature=21`. */
function propertiesOf({ twins }: DeviceSnapshot): string {
  return sorted(twins)
    .map(([name, twin]) => {
      const wish = isOpen(twin) ? ` (wanted ${printable(twin.expected!.value)})` : '';
      return `${printable(name)}=${twin.actual ? printable(twin.actual.value) : '-'}${wish}`;
    })
    .join(' ');
}

/** Wanted, and not so yet. An empty wish is none (devicetwin.md §7.4). */
function isOpen({ expected, actual }: TwinSnapshot): boolean {
  return expected !== undefined && expected.value !== '' && expected.value !== actual?.value;
}

function sideCells(side: SideSnapshot | undefined, now: number): string[] {
  if (!side) return ['-', '', ''];
  const { value, version, timestamp } = side;
  return [
    value === '' ? '""' : printable(value),
    `${version.cloud}/${version.edge}`,
    timestamp === undefined ? '' : age(now - timestamp),
  ];
}

/** Local time of 2020 and RFC 3339 are both read (devicetwin.md §7.3). */
function since(time: string, now: number): string {
  if (time === '') return 'never';
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? printable(time) : `${age(now - ms)} ago`;
}

function shortened(text: string): string {
  return text.length > MAX_PROPERTIES ? `${text.slice(0, MAX_PROPERTIES - 1)}…` : text;
}

function sorted<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1));
}
