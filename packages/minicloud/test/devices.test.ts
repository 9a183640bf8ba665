import type { KubeObject } from '@edgecore/api';
import { describe, expect, test } from '@jest/globals';
import { mergeReport, parseStateReport, parseTwinReport } from '../src/devices/device-report.js';
import { validateObject } from '../src/objects/validate.js';
import { deviceModelObject, deviceObject } from './fake-edge.js';

const V1ALPHA2 = 'devices.kubeedge.io/v1alpha2';
const specOf = (object: KubeObject) => object['spec'];

describe('device manifests', () => {
  test('every property gets desired and visitors, as from the API server', () => {
    const { kind, object } = validateObject(deviceObject('led', { properties: [{ name: 'power' }] }));
    expect(kind.kind).toBe('Device');
    expect(object.metadata).toEqual({ name: 'led', namespace: 'default' });
    expect(specOf(object)).toEqual({ properties: [{ name: 'power', desired: { value: '' }, visitors: {} }] });
  });

  test('a device of 2020 becomes one of today', () => {
    const { object } = validateObject({
      apiVersion: V1ALPHA2,
      kind: 'Device',
      metadata: { name: 'led', labels: { description: 'LED' } },
      spec: {
        deviceModelRef: { name: 'led-model' },
        nodeSelector: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: '', operator: 'In', values: ['edge-1'] }] }],
        },
        protocol: { modbus: { slaveID: 1 }, common: { com: { baudRate: 9600 } } },
        propertyVisitors: [
          { propertyName: 'power', reportCycle: 1000, modbus: { register: 'CoilRegister', offset: 2 } },
          { propertyName: 'raw', customizedProtocol: { protocolName: 'lab', configData: { pin: 7 } } },
        ],
      },
      status: { twins: [{ propertyName: 'power', desired: { value: 'ON', metadata: { type: 'string' } } }] },
    });
    expect(object).not.toHaveProperty('status');
    expect(object).not.toHaveProperty('apiVersion');
    expect(specOf(object)).toEqual({
      deviceModelRef: { name: 'led-model' },
      nodeName: 'edge-1',
      protocol: { protocolName: 'modbus', configData: { slaveID: 1, com: { baudRate: 9600 } } },
      properties: [
        {
          name: 'power',
          desired: { value: 'ON', metadata: { type: 'string' } },
          visitors: { protocolName: 'modbus', configData: { register: 'CoilRegister', offset: 2 } },
          reportCycle: 1000,
        },
        {
          name: 'raw',
          desired: { value: '' },
          visitors: { protocolName: 'lab', configData: { pin: 7 } },
        },
      ],
    });
  });

  test('a model of 2020 becomes one of today', () => {
    const { object } = validateObject({
      apiVersion: V1ALPHA2,
      kind: 'DeviceModel',
      metadata: { name: 'm' },
      spec: {
        properties: [
          { name: 't', description: 'd', type: { int: { accessMode: 'ReadOnly', minimum: -40, unit: 'C' } } },
          { name: 's', type: { string: { accessMode: 'ReadWrite', defaultValue: 'x' } } },
        ],
      },
    });
    expect(specOf(object)).toEqual({
      properties: [
        { name: 't', description: 'd', type: 'INT', accessMode: 'ReadOnly', minimum: '-40', unit: 'C' },
        { name: 's', type: 'STRING', accessMode: 'ReadWrite' },
      ],
    });
  });

  const power = (more: object) => deviceObject('led', { properties: [{ name: 'power', ...more }] });
  test.each<[string, object, RegExp]>([
    ['no spec', { ...deviceObject('led'), spec: undefined }, /device "led": spec is missing$/],
    [
      'another version',
      { ...deviceObject('led'), apiVersion: 'v1' },
      /must be devices\.kubeedge\.io\/v1beta1 or /,
    ],
    ['properties no list', deviceObject('led', { properties: {} }), /spec\.properties is not a list$/],
    [
      'a bare property',
      deviceObject('led', { properties: ['power'] }),
      /spec\.properties\[0\] is not a mapping$/,
    ],
    [
      'a property without name',
      deviceObject('led', { properties: [{}] }),
      /spec\.properties\[0\]\.name is missing$/,
    ],
    [
      'a name twice',
      deviceObject('led', { properties: [{ name: 'a' }, { name: 'a' }] }),
      /spec\.properties\[1\]\.name "a" is used twice$/,
    ],
    [
      'a number as value',
      power({ desired: { value: 25 } }),
      /properties\[0\]\.desired\.value must be a text: write it in quotes, "25"$/,
    ],
    ['a bare wish', power({ desired: 'ON' }), /desired is not a mapping with a value$/],
    ['a long wish', power({ desired: { value: 'x'.repeat(65_537) } }), /longer than 65536 bytes$/],
    [
      'a model without name',
      deviceObject('led', { deviceModelRef: {} }),
      /spec\.deviceModelRef\.name is missing$/,
    ],
    [
      'two nodes',
      {
        ...deviceObject('led', {
          nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ values: ['a', 'b'] }] }] },
        }),
        apiVersion: V1ALPHA2,
      },
      /device "led": spec\.nodeSelector must name one node/,
    ],
    [
      'a twin without name',
      { ...deviceObject('led'), apiVersion: V1ALPHA2, status: { twins: [{}] } },
      /twins\[0\]\.propertyName is missing$/,
    ],
    [
      'an unknown type',
      deviceModelObject('m', [{ name: 'p', type: 'TEXT' }]),
      /device model "m": spec\.properties\[0\]\.type must be one of INT, .*, not "TEXT"$/,
    ],
    [
      'an unknown access mode',
      deviceModelObject('m', [{ name: 'p', accessMode: 'rw' }]),
      /accessMode must be one of ReadWrite, ReadOnly, not "rw"$/,
    ],
  ])('refused: %s', (_what, object, message) => {
    expect(() => validateObject(object)).toThrow(message);
  });
});

describe('reports', () => {
  const side = (value: string) => ({ value, metadata: { timestamp: 5 } });
  const kept = (value: string) => ({ value, metadata: { timestamp: '5', type: 'int' } });
  const content = {
    twin: {
      t: { actual: side('21'), expected: side('20'), metadata: { type: 'int' } },
      gone: { actual: {}, metadata: { type: 'deleted' } },
      bare: { actual: { value: '1' } },
      null: null,
    },
  };
  const rules = { properties: ['t', 'bare', 'gone'], keepsObservedDesired: true, losesFirst: false };

  test('both sides with time and type; what has no value says nothing', () => {
    const merged = mergeReport([], parseTwinReport(content)!, rules);
    expect(merged).toEqual([
      { propertyName: 't', reported: kept('21'), observedDesired: kept('20') },
      { propertyName: 'bare', reported: { value: '1' } },
    ]);
  });

  test.each([
    ['JSON text', JSON.stringify(content)],
    ['bytes', Buffer.from(JSON.stringify(content))],
  ])('as %s', (_form, sent) => {
    expect(parseTwinReport(sent)).toEqual(parseTwinReport(content));
  });

  test.each([[null], ['{bad'], [[]], [{ twin: null }], [5], ['5']])('%j is no report', (sent) => {
    expect(parseTwinReport(sent)).toBeUndefined();
    expect(parseStateReport(sent)).toBeUndefined();
  });

  test('a 2020 cloud keeps only what was measured; properties that are gone lose their entry', () => {
    const before = [{ propertyName: 'old', reported: kept('1') }];
    const report = parseTwinReport(content)!;
    expect(mergeReport(before, report, { ...rules, properties: ['t'], keepsObservedDesired: false })).toEqual(
      [{ propertyName: 't', reported: kept('21') }],
    );
  });

  test('v1.23.1 loses the first report of a property, not the second', () => {
    const loses = { ...rules, losesFirst: true };
    const report = parseTwinReport({ twin: { t: { actual: side('21') } } })!;
    const first = mergeReport([], report, loses);
    expect(first).toEqual([{ propertyName: 't', reported: { value: '' } }]);
    expect(mergeReport(first, report, loses)[0]?.reported?.value).toBe('21');
  });

  test('a state, with or without the time of the last contact', () => {
    const device = { name: 'd', state: 'online', lastOnlineTime: '2026-07-01T08:00:00Z' };
    expect(parseStateReport(JSON.stringify({ device }))).toEqual({
      state: 'online',
      lastOnlineTime: '2026-07-01T08:00:00Z',
    });
    expect(parseStateReport({ device: { state: 'offline' } })).toEqual({ state: 'offline' });
    expect(parseStateReport({ device: { state: 5 } })).toBeUndefined();
  });
});
