import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { Dmi } from '../../src/dmi/index.js';
import {
  atEnd,
  changeOf,
  type DmiRig,
  deviceObject,
  dmiRig,
  mapperClient,
  mapperServer,
  modelObject,
  RecordingReporter,
  registration,
} from './support.js';

const address = async () => join(await tempDir('mapper-'), 'm.sock');
const warnings = ({ log }: DmiRig) => log.filter(({ level }) => level === 'warn');
const names = (calls: readonly { method: string; request: Record<string, unknown> }[]) =>
  calls.map(({ method, request }) => {
    const { device, model, deviceName, modelName } = request as Record<string, { name: string } & string>;
    return `${method} ${device?.name ?? model?.name ?? deviceName ?? modelName}`;
  });

/** A registered mapper, with the model and `device` in the table. */
async function registered(options: Parameters<typeof dmiRig>[0] = {}, withData = true) {
  const path = await address();
  const mapper = await mapperServer(path);
  const rig = await dmiRig({ rows: [modelObject(), deviceObject('a')], ...options });
  await mapperClient(rig.dmi.path)('MapperRegister', registration(path, {}, withData));
  return { ...rig, rig, path, mapper };
}

describe('a mapper is kept in step', () => {
  test('insert, change and removal of devices and models, in order', async () => {
    const { dmi, mapper } = await registered();
    dmi.apply(changeOf(modelObject('second')));
    dmi.apply(changeOf(deviceObject('b', { deviceModelRef: { name: 'second' } })));
    dmi.apply(changeOf(deviceObject('a', { properties: [] }), 'update'));
    dmi.apply(changeOf(modelObject('second', { properties: [] }), 'update'));
    dmi.apply(changeOf(deviceObject('b'), 'delete'));
    dmi.apply(changeOf(modelObject('second'), 'delete'));
    dmi.apply(changeOf(deviceObject('end')));
    await eventually(() => names(mapper.calls).at(-1) === 'RegisterDevice end');
    // While the first call is under way the rest is put together: what never was there for the mapper is not told.
    expect(names(mapper.calls)).toEqual([
      'CreateDeviceModel second',
      'UpdateDevice a',
      'RemoveDeviceModel second',
      'RegisterDevice end',
    ]);
  });

  test('each on its own when there is time', async () => {
    const { dmi, mapper } = await registered();
    const steps: [object, string, string[]][] = [
      [modelObject('second'), 'insert', ['CreateDeviceModel second']],
      [deviceObject('b', { deviceModelRef: { name: 'second' } }), 'insert', ['RegisterDevice b']],
      [
        deviceObject('b', { deviceModelRef: { name: 'second' }, methods: [{ name: 'm' }] }),
        'update',
        ['UpdateDevice b'],
      ],
      [modelObject('second', { protocolConfigData: { a: 1 } }), 'update', ['UpdateDevice b']],
      [
        modelObject('second', { protocolConfigData: { a: 1 }, properties: [] }),
        'update',
        ['UpdateDeviceModel second'],
      ],
      [modelObject('second'), 'delete', ['RemoveDeviceModel second']],
      [deviceObject('b'), 'delete', ['RemoveDevice b']],
    ];
    for (const [object, operation, expected] of steps) {
      mapper.calls.length = 0;
      dmi.apply(changeOf(object, operation));
      await eventually(() => mapper.calls.length === expected.length);
      expect(names(mapper.calls)).toEqual(expected);
    }
  });

  test('a device waits for its model; one that changes its protocol leaves', async () => {
    const { dmi, mapper } = await registered();
    dmi.apply(changeOf(deviceObject('b', { deviceModelRef: { name: 'late' } })));
    dmi.apply(changeOf(modelObject('late', { protocol: '' })));
    await eventually(() => mapper.calls.length === 2);
    dmi.apply(changeOf(deviceObject('a', { protocol: { protocolName: 'opcua' } }), 'update'));
    await eventually(() => mapper.calls.length === 3);
    expect(names(mapper.calls)).toEqual(['CreateDeviceModel late', 'RegisterDevice b', 'RemoveDevice a']);
  });

  test('also by the edge’s own API, which names the device inside', async () => {
    const { dmi, mapper } = await registered();
    const content = deviceObject('a', { properties: [{ name: 'temperature', desired: { value: '30' } }] });
    dmi.apply({ operation: 'update', resource: 'default/device/updated', content });
    await eventually(() => mapper.calls.length === 1);
    expect(mapper.calls).toMatchObject([
      {
        method: 'UpdateDevice',
        request: { device: { spec: { properties: [{ desired: { value: '30' } }] } } },
      },
    ]);
  });

  test('registered without data it is taken to have everything, and is called all the same', async () => {
    const { dmi, mapper } = await registered({}, false);
    dmi.apply(changeOf(deviceObject('a'), 'update'));
    dmi.apply(changeOf(deviceObject('a'), 'delete'));
    await eventually(() => mapper.calls.length === 1);
    expect(names(mapper.calls)).toEqual(['RemoveDevice a']);
  });

  test('registered without data again, it is told what it was not told before', async () => {
    const { dmi, rig, mapper, path } = await registered();
    mapper.stop();
    dmi.apply(changeOf(deviceObject('b')));
    dmi.apply(changeOf(deviceObject('a'), 'delete'));
    await eventually(() => warnings(rig).length === 1);
    const moved = `${path}2`;
    const back = await mapperServer(moved);
    await mapperClient(dmi.path)('MapperRegister', registration(moved, {}, false));
    await eventually(() => back.calls.length === 2);
    expect(names(back.calls)).toEqual(['RegisterDevice b', 'RemoveDevice a']);
  });

  test('after a restart of the edge, from its row', async () => {
    const { dmi, store, mapper } = await registered();
    await dmi.close();
    const again = new Dmi({ directory: await tempDir(), store, reporter: new RecordingReporter() });
    atEnd(() => again.close());
    await again.start();
    again.apply(changeOf(deviceObject('a'), 'update'));
    again.apply(changeOf(deviceObject('b')));
    await eventually(() => mapper.calls.length === 1);
    expect(names(mapper.calls)).toEqual(['RegisterDevice b']);
  });
});

describe('a mapper that is away', () => {
  test('is mentioned once, gets the last state when it reports, and everything when it registers', async () => {
    const { dmi, rig, mapper, path } = await registered();
    mapper.stop();
    dmi.apply(changeOf(deviceObject('b')));
    await eventually(() => warnings(rig).length === 1);
    for (let cycle = 1; cycle <= 20; cycle++) {
      dmi.apply(changeOf(deviceObject('b', { methods: [{ name: `m${cycle}` }] }), 'update'));
    }
    await eventually(() => rig.log.some(({ level }) => level === 'debug'));
    expect(warnings(rig)).toMatchObject([
      { fields: { method: 'RegisterDevice', object: 'device/default/b' } },
    ]);

    const back = await mapperServer(path);
    const call = mapperClient(dmi.path);
    await call('ReportDeviceStates', { deviceName: 'a', deviceNamespace: 'default', state: 'ok' });
    await eventually(() => back.calls.length === 1);
    expect(back.calls).toMatchObject([
      { method: 'RegisterDevice', request: { device: { name: 'b', spec: { methods: [{ name: 'm20' }] } } } },
    ]);
    const { deviceList } = await call('MapperRegister', registration(path));
    expect(deviceList).toMatchObject([{ name: 'a' }, { name: 'b' }]);
  });

  test('was never there: said once per protocol', async () => {
    const { dmi, log } = await dmiRig({ rows: [modelObject()] });
    for (const name of ['a', 'b', 'c']) dmi.apply(changeOf(deviceObject(name)));
    expect(log.filter(({ text }) => text.startsWith('no mapper has registered'))).toHaveLength(1);
  });

  test('and a device that is removed meanwhile is not sent to the next one', async () => {
    const { dmi, mapper, rig, path } = await registered();
    mapper.stop();
    dmi.apply(changeOf(deviceObject('a'), 'delete'));
    await eventually(() => warnings(rig).length === 1);
    const { deviceList } = await mapperClient(dmi.path)('MapperRegister', registration(path));
    expect(deviceList).toEqual([]);
  });
});

describe('a mapper that misbehaves', () => {
  test('and never answers costs one call at a time, with a deadline', async () => {
    const path = await address();
    let called = 0;
    await mapperServer(path, () => {
      called++;
      return new Promise(() => {});
    });
    const rig = await dmiRig({ rows: [modelObject()], limits: { mapperCallTimeoutMs: 100 } });
    await mapperClient(rig.dmi.path)('MapperRegister', registration(path));
    for (const name of ['a', 'b', 'c']) rig.dmi.apply(changeOf(deviceObject(name)));
    await eventually(() => warnings(rig).length === 1);
    expect(called).toBe(1);
    expect(rig.counts.get('edgecore_dmi_mapper_calls_total{CreateDeviceModel,DEADLINE_EXCEEDED}')).toBe(1);
    // Another mapper is not kept waiting.
    const otherPath = await address();
    const other = await mapperServer(otherPath);
    const mine = { name: 'other', protocol: 'opcua' };
    await mapperClient(rig.dmi.path)('MapperRegister', registration(otherPath, mine));
    rig.dmi.apply(changeOf(deviceObject('d', { protocol: { protocolName: 'opcua' } })));
    await eventually(() => other.calls.length === 2);
  });

  test('and refuses a call is not asked again, and gets the next ones', async () => {
    const path = await address();
    const mapper = await mapperServer(path, ({ method }) => {
      if (method === 'RegisterDevice') throw new Error('no such register');
      return {};
    });
    const rig = await dmiRig({ rows: [modelObject()] });
    await mapperClient(rig.dmi.path)('MapperRegister', registration(path));
    rig.dmi.apply(changeOf(deviceObject('a')));
    await eventually(() => warnings(rig).length === 1);
    expect(warnings(rig)).toMatchObject([
      { text: 'a mapper refused a call', fields: { err: { message: 'no such register' } } },
    ]);
    rig.dmi.apply(changeOf(deviceObject('a', { methods: [{ name: 'm' }] }), 'update'));
    await eventually(() => mapper.calls.length === 3);
    expect(mapper.methods()).toEqual(['CreateDeviceModel', 'RegisterDevice', 'UpdateDevice']);
  });

  test('and dies in the middle gets the call again when it is back', async () => {
    const path = await address();
    let first = true;
    const mapper = await mapperServer(path, () => {
      if (!first) return {};
      first = false;
      mapper.stop();
      return new Promise(() => {});
    });
    const rig = await dmiRig({ rows: [modelObject()] });
    const call = mapperClient(rig.dmi.path);
    await call('MapperRegister', registration(path));
    rig.dmi.apply(changeOf(deviceObject('a')));
    await eventually(() => warnings(rig).length === 1);
    const back = await mapperServer(path);
    rig.dmi.apply(changeOf(deviceObject('b')));
    await eventually(() => back.calls.length === 3);
    expect(names(back.calls)).toEqual(['CreateDeviceModel thermo', 'RegisterDevice a', 'RegisterDevice b']);
  });

  test('and is called when the edge stops does not hold it up', async () => {
    const path = await address();
    const mapper = await mapperServer(path, () => new Promise(() => {}));
    const rig = await dmiRig({ rows: [modelObject()] });
    await mapperClient(rig.dmi.path)('MapperRegister', registration(path));
    rig.dmi.apply(changeOf(deviceObject('a')));
    await eventually(() => mapper.calls.length === 1);
    await rig.dmi.close();
    expect(warnings(rig)).toEqual([]);
  });
});
