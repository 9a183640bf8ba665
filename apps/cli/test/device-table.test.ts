import type { DeviceSnapshot } from '@edgecore/edgecore';
import { describe, expect, test } from '@jest/globals';
import { formatChange, formatDevice, formatDevices } from '../src/device-table.js';

const now = Date.UTC(2026, 6, 1, 8);
const side = (value: string, cloud: number, edge: number, timestamp = now - 60_000) => ({
  value,
  timestamp,
  version: { cloud, edge },
});
const led: DeviceSnapshot = {
  id: 'default/led',
  name: 'led',
  description: 'a lamp',
  state: 'online',
  lastOnline: '2026-07-01T07:55:00Z',
  attributes: { maker: { value: 'Lab', optional: true, type: 'string' } },
  twins: {
    temperature: { actual: side('21', 0, 3), optional: true, type: 'int' },
    power: { expected: side('ON', 12, 0), actual: side('OFF', 0, 7), optional: false, type: 'string' },
    mode: { expected: side('', 12, 0), optional: false, type: 'string' },
  },
  pending: true,
};
const bare: DeviceSnapshot = {
  ...led,
  id: 'a',
  description: '',
  state: '',
  lastOnline: '',
  attributes: {},
  twins: {},
  pending: false,
};

describe('edgecore device list', () => {
  test('a line for each, by id, marking what is not as wanted', () => {
    expect(formatDevices([led, bare], now)).toBe(
      [
        'ID           STATE   PROPERTIES                                   LAST ONLINE  PENDING',
        'a            -                                                    never',
        'default/led  online  mode=- power=OFF (wanted ON) temperature=21  5m ago       yes',
      ].join('\n'),
    );
    expect(formatDevices([], now)).toBe('No devices.');
  });

  test('long lists of properties are cut; nothing of them steers the terminal', () => {
    const twins = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`p${index}`, led.twins['temperature']!]),
    );
    const steering = { ...led, state: 'x\u001b[2J\n', twins };
    const text = formatDevices([steering], now);
    expect(text).toContain('…');
    expect(text).toContain('x?[2J?');
    expect(text.split('\n')).toHaveLength(2);
  });

  test('a last contact in local time, as with clouds of 2020, or in words nobody can read', () => {
    const local = new Date(now - 90_000);
    const pad = (value: number) => String(value).padStart(2, '0');
    const day = [local.getFullYear(), pad(local.getMonth() + 1), pad(local.getDate())].join('-');
    const time = [local.getHours(), local.getMinutes(), local.getSeconds()].map(pad).join(':');
    expect(formatDevices([{ ...bare, lastOnline: `${day} ${time}` }], now)).toContain('90s ago');
    expect(formatDevices([{ ...bare, lastOnline: 'yesterday' }], now)).toContain('yesterday');
  });
});

describe('edgecore device get', () => {
  test('both sides of every property with version and age', () => {
    const text = formatDevice(led, now);
    expect(text).toMatch(
      /^Device +default\/led\nAbout +a lamp\nState +online\nLast online +5m ago\nCloud +waiting to be told\n/,
    );
    expect(text).toMatch(/\nmode +string +"" +12\/0 +60s +-\n/);
    expect(text).toMatch(/\npower +string +ON +12\/0 +60s +OFF +0\/7 +60s +\*\n/);
    expect(text).toMatch(/\ntemperature +int +- +21 +0\/3 +60s\n/);
    expect(text).toMatch(/\nmaker +Lab +string\n\n\* not yet as expected$/);
  });

  test('a device nothing is known of', () => {
    expect(formatDevice(bare, now)).toBe(
      'Device       a\nState        -\nLast online  never\nCloud        knows all of it\n\nNo properties.',
    );
  });
});

test('edgecore device watch: a line for each change', () => {
  expect(formatChange(led, now)).toBe(
    '08:00:00  default/led  online  mode=- power=OFF (wanted ON) temperature=21  (pending)',
  );
  expect(formatChange({ id: 'a', removed: true }, now)).toBe('08:00:00  a  removed');
});
