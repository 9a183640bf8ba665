import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { ReportRefusedError } from '../../src/reporter.js';
import {
  changeOf,
  deviceObject,
  dmiRig,
  mapperClient,
  mapperServer,
  modelObject,
  registration,
} from './support.js';

const CODE = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
};

const address = async () => join(await tempDir('mapper-'), 'm.sock');
const twin = (propertyName: string, reported?: string, observed?: string) => ({
  propertyName,
  ...(reported === undefined ? {} : { reported: { value: reported, metadata: { type: 'int' } } }),
  ...(observed === undefined ? {} : { observedDesired: { value: observed } }),
});
const status = (name: string, ...twins: object[]) => ({
  deviceName: name,
  deviceNamespace: 'default',
  reportedDevice: { twins },
});

describe('a mapper registers', () => {
  test('and gets its devices, each model once; devices of others and those without a model stay here', async () => {
    const { dmi } = await dmiRig({
      rows: [
        modelObject(),
        modelObject('other'),
        deviceObject('a'),
        deviceObject('b'),
        deviceObject('c', { protocol: { protocolName: 'opcua' } }),
        deviceObject('d', { deviceModelRef: { name: 'missing' } }),
      ],
    });
    const answer = await mapperClient(dmi.path)('MapperRegister', registration('/nowhere'));
    expect(answer['modelList']).toMatchObject([{ name: 'thermo', namespace: 'default' }]);
    expect(answer['deviceList']).toMatchObject([{ name: 'a' }, { name: 'b' }]);
  });

  test('and is kept as a row the Go agent can read, registered anew it is updated', async () => {
    const { dmi, row } = await dmiRig();
    const call = mapperClient(dmi.path);
    await call('MapperRegister', registration('/tmp/one.sock'));
    await call('MapperRegister', registration('/tmp/two.sock', { version: '' }, false));
    expect(await row('node/nodeID/namespace/devicemapper/modbus-mapper')).toEqual({
      type: 'devicemapper',
      value: {
        name: 'modbus-mapper',
        api_version: 'v1.0.0',
        protocol: 'modbus',
        address: Buffer.from('/tmp/two.sock').toString('base64'),
        state: 'ok',
      },
    });
  });

  test('and takes the place of the one that spoke its protocol, also in the table', async () => {
    const { dmi, row } = await dmiRig({ rows: [modelObject()] });
    const [first, second] = [await address(), await address()];
    const [one, two] = [await mapperServer(first), await mapperServer(second)];
    const call = mapperClient(dmi.path);
    await call('MapperRegister', registration(first, { name: 'old' }));
    await call('MapperRegister', registration(second, { name: 'new' }));
    dmi.apply(changeOf(deviceObject('a')));
    await eventually(() => two.calls.length === 2);
    expect(one.calls).toEqual([]);
    expect(await row('node/nodeID/namespace/devicemapper/old')).toBeUndefined();
    expect(await row('node/nodeID/namespace/devicemapper/new')).toBeDefined();
  });

  test('and is refused without a protocol, an address, or at all', async () => {
    const { dmi, row } = await dmiRig();
    const call = mapperClient(dmi.path);
    expect(await call('MapperRegister', registration('/m', { protocol: '' }))).toEqual({
      code: CODE.INVALID_ARGUMENT,
      details: 'fail to register mapper modbus-mapper because the protocol is nil',
    });
    for (const request of [registration(''), {}, registration('/m', { name: 'x'.repeat(2000) })]) {
      expect(await call('MapperRegister', request)).toMatchObject({ code: CODE.INVALID_ARGUMENT });
    }
    expect(await row('node/nodeID/namespace/devicemapper/modbus-mapper')).toBeUndefined();
  });

  test('and hears INTERNAL when it cannot be stored', async () => {
    const { dmi, store } = await dmiRig();
    await store.close();
    const answer = await mapperClient(dmi.path)('MapperRegister', registration('/m'));
    expect(answer).toMatchObject({ code: CODE.INTERNAL });
  });
});

describe('a mapper reports', () => {
  test('twins of a call in one update; a missing side is not given, metadata is let go', async () => {
    const { dmi, reporter, counts } = await dmiRig();
    const answer = await mapperClient(dmi.path)(
      'ReportDeviceStatus',
      status(
        'temp1',
        twin('temperature', '23', '25'),
        twin('power', 'ON'),
        twin('nothing'),
        twin('mode', undefined, 'a b'),
      ),
    );
    expect(answer).toEqual({});
    expect(reporter.reports).toEqual([
      {
        id: 'default/temp1',
        twins: {
          temperature: { expected: '25', actual: '23' },
          power: { actual: 'ON' },
          mode: { expected: 'a b' },
        },
      },
    ]);
    expect(counts.get('edgecore_dmi_calls_total{ReportDeviceStatus,OK}')).toBe(1);
  });

  test('and is answered only after the commit', async () => {
    const { dmi, reporter } = await dmiRig();
    let commit = () => {};
    reporter.before = () =>
      new Promise((resolve) => {
        commit = resolve;
      });
    let answered = false;
    const call = mapperClient(dmi.path)('ReportDeviceStates', {
      deviceName: 't',
      deviceNamespace: 'default',
      state: 'ok',
    });
    const answer = call.then(() => {
      answered = true;
    });
    // A whole call on the same connection goes through meanwhile.
    await mapperClient(dmi.path)('ReportDeviceStates', { deviceName: '', state: 'ok' });
    expect(answered).toBe(false);
    commit();
    await answer;
    expect(reporter.reports).toEqual([{ id: 'default/t', state: 'ok' }]);
  });

  test.each([
    [400, CODE.INVALID_ARGUMENT],
    [404, CODE.NOT_FOUND],
    [500, CODE.INTERNAL],
  ] as const)('and hears a refusal with status %i as code %i', async (refused, code) => {
    const { dmi, reporter } = await dmiRig();
    reporter.before = async () => {
      throw new ReportRefusedError(refused, 'because of 5 % “rauschen”');
    };
    const call = mapperClient(dmi.path);
    const details = 'because of 5 % “rauschen”';
    expect(await call('ReportDeviceStatus', status('t', twin('p', '1')))).toEqual({ code, details });
    const states = { deviceName: 't', deviceNamespace: 'default', state: 'broken' };
    expect(await call('ReportDeviceStates', states)).toEqual({ code, details });
  });

  test.each([
    ['no twins', 'ReportDeviceStatus', status('t'), 'ReportDeviceStatusRequest does not have twin data'],
    [
      'twins that say nothing',
      'ReportDeviceStatus',
      status('t', twin('p')),
      'ReportDeviceStatusRequest does not have twin data',
    ],
    [
      'nothing at all',
      'ReportDeviceStatus',
      { deviceName: 't', deviceNamespace: 'default' },
      'ReportDeviceStatusRequest does not have twin data',
    ],
    [
      'no device',
      'ReportDeviceStatus',
      status('', twin('p', '1')),
      'ReportDeviceStatusRequest names no device',
    ],
    ['no property', 'ReportDeviceStatus', status('t', twin('', '1')), 'a twin has no propertyName'],
    [
      'a huge property',
      'ReportDeviceStatus',
      status('t', twin('p'.repeat(1025), '1')),
      'a propertyName is too long',
    ],
    [
      'a huge value',
      'ReportDeviceStatus',
      status('t', twin('p', 'x'.repeat(65_537))),
      'a value of "p" has more than 65536 bytes',
    ],
    [
      'no state',
      'ReportDeviceStates',
      { deviceName: 't', deviceNamespace: 'default' },
      'ReportDeviceStatesRequest is invalid data',
    ],
    [
      'the state of no device',
      'ReportDeviceStates',
      { state: 'ok' },
      'ReportDeviceStatesRequest is invalid data',
    ],
  ])('and is refused with %s', async (_, method, request, details) => {
    const { dmi, reporter } = await dmiRig();
    expect(await mapperClient(dmi.path)(method, request)).toEqual({ code: CODE.INVALID_ARGUMENT, details });
    expect(reporter.reports).toEqual([]);
  });

  test('and hears INTERNAL, and the operator why, when the edge has a fault', async () => {
    const { dmi, reporter, log } = await dmiRig();
    reporter.before = async () => {
      throw new Error('bug');
    };
    const answer = await mapperClient(dmi.path)('ReportDeviceStatus', status('t', twin('p', '1')));
    expect(answer).toEqual({ code: CODE.INTERNAL, details: 'bug' });
    expect(log.some(({ level, text }) => level === 'error' && text === 'a call failed')).toBe(true);
  });

  test('and is held to so many calls a second, all methods together', async () => {
    let now = 0;
    const { dmi, reporter } = await dmiRig({ limits: { callsPerSecond: 3 }, now: () => now });
    const call = mapperClient(dmi.path);
    const states = { deviceName: 't', deviceNamespace: 'default', state: 'ok' };
    await call('ReportDeviceStatus', status('t', twin('p', '1')));
    await call('ReportDeviceStates', states);
    await call('MapperRegister', registration('/m'));
    const texts = [
      await call('ReportDeviceStatus', status('t', twin('p', '1'))),
      await call('ReportDeviceStates', states),
      await call('MapperRegister', registration('/m')),
    ];
    expect(texts).toEqual(
      [
        'report device status because of too many request: t',
        'report device states because of too many request: t',
        'register mapper because of too many request: modbus-mapper',
      ].map((text) => ({ code: CODE.RESOURCE_EXHAUSTED, details: `fail to ${text}` })),
    );
    now = 334;
    expect(await call('ReportDeviceStates', states)).toEqual({});
    expect(await call('ReportDeviceStates', states)).toMatchObject({ code: CODE.RESOURCE_EXHAUSTED });
    expect(reporter.reports).toHaveLength(3);
  });

  test('and is refused when too many of its calls wait for the disk', async () => {
    const { dmi, reporter } = await dmiRig({ limits: { maxPendingCalls: 2 } });
    let commit = () => {};
    const gate = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let waiting = 0;
    reporter.before = () => {
      waiting++;
      return gate;
    };
    const call = mapperClient(dmi.path);
    const report = () => call('ReportDeviceStatus', status('t', twin('p', '1')));
    const first = [report(), report()];
    await eventually(() => waiting === 2);
    expect(await report()).toMatchObject({ code: CODE.RESOURCE_EXHAUSTED });
    commit();
    expect(await Promise.all(first)).toEqual([{}, {}]);
  });
});

describe('a Dmi', () => {
  test('takes early changes after the rows, the last of each object', async () => {
    const { dmi } = await dmiRig({
      rows: [modelObject(), deviceObject('gone'), deviceObject('new')],
      start: false,
    });
    dmi.apply(changeOf(deviceObject('gone'), 'delete'));
    dmi.apply(changeOf(deviceObject('new', { protocol: { protocolName: 'opcua' } }), 'update'));
    dmi.apply(changeOf(deviceObject('new', { methods: [{ name: 'set', propertyNames: ['p'] }] }), 'update'));
    await dmi.start();
    const answer = await mapperClient(dmi.path)('MapperRegister', registration('/m'));
    expect(answer['deviceList']).toMatchObject([{ name: 'new', spec: { methods: [{ name: 'set' }] } }]);
  });

  test('leaves out what it cannot read, in rows and in messages', async () => {
    const { dmi, seed, log } = await dmiRig({ start: false });
    await seed('default/device/bad', 'device', '{');
    await seed('somewhere', 'devicemodel', {});
    await seed('node/nodeID/namespace/devicemapper/x', 'devicemapper', { name: 'x' });
    await dmi.start();
    expect(log.filter(({ level }) => level === 'warn')).toHaveLength(3);
    for (const content of [undefined, null, 'x', '[]', 7, Buffer.from([0xff])]) {
      dmi.apply({ operation: 'insert', resource: 'default/device/a', content });
    }
    for (const resource of [
      '',
      'device',
      'default/pod/a',
      'default/device',
      'default/device/a/b',
      '/device/a',
    ]) {
      dmi.apply({ operation: 'insert', resource, content: deviceObject('a') });
    }
    dmi.apply({ ...changeOf(deviceObject('a')), operation: 'response' });
    expect(await mapperClient(dmi.path)('MapperRegister', registration('/m'))).toEqual({
      modelList: [],
      deviceList: [],
    });
  });

  test('takes objects as objects, as text and as bytes', async () => {
    const { dmi } = await dmiRig({ rows: [modelObject()] });
    const text = (name: string) => JSON.stringify(deviceObject(name));
    dmi.apply(changeOf(deviceObject('object')));
    dmi.apply({ operation: 'insert', resource: 'default/device/text', content: text('text') });
    dmi.apply({
      operation: 'insert',
      resource: 'default/device/bytes',
      content: new TextEncoder().encode(text('bytes')),
    });
    const { deviceList } = await mapperClient(dmi.path)('MapperRegister', registration('/m'));
    expect((deviceList as { name: string }[]).map(({ name }) => name)).toEqual(['object', 'text', 'bytes']);
  });

  test('cannot be started again after its end', async () => {
    const { dmi } = await dmiRig();
    await dmi.close();
    await dmi.close();
    expect(dmi.listening).toBe(false);
    await expect(dmi.start()).rejects.toMatchObject({ code: 'ERR_DMI_CLOSED' });
  });
});
