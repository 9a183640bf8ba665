import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { added, type Rig, type RigOptions, wish } from './support.js';

// The numbers are those of devicetwin.md §12.

const U = expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
const D = '$hw/events/device/sensor';
const T0 = 1_592_600_000_000;
const meta = { type: 'string' };
const at = (timestamp: number) => ({ timestamp });

/** Waits until the cloud has got so many messages since the last look. */
async function told(rig: Rig, count: number) {
  const from = rig.up.length - rig.told().length;
  await eventually(() => rig.up.length - from >= count, { what: `${count} messages to the cloud` });
  rig.told();
  return rig.up.slice(from);
}

const twinIn = (message: { content: unknown }) => (message.content as { twin: unknown }).twin;

/** Every case of devicetwin.md §12 that is about what devices and the cloud see, whatever carries the messages. */
export function acceptanceCases(startRig: (options?: RigOptions) => Promise<Rig>): void {
  describe('one life of two devices, cases 1 to 14', () => {
    let rig: Rig;
    let T = T0;
    const step = () => {
      T += 1000;
      rig.clock = T;
      rig.said();
      rig.told();
    };

    test('all of them, one after the other', async () => {
      rig = await startRig();

      // 1
      await rig.down({
        resource: 'membership',
        content: added('sensor', { power: { value: 'ON', cloud: 100 } }),
      });
      const power = { expected: { value: 'ON', metadata: at(T) }, optional: false, metadata: meta };
      expect(rig.said()).toEqual([
        {
          topic: `${D}/twin/update/document`,
          payload: { event_id: '', timestamp: T, twin: { power: { last: null, current: power } } },
        },
        {
          topic: `${D}/twin/update/delta`,
          payload: { event_id: U, timestamp: T, twin: { power }, delta: { power: 'ON' } },
        },
        {
          topic: '$hw/events/node/edge1/membership/updated',
          payload: {
            event_id: U,
            timestamp: T,
            added_devices: [
              {
                id: 'sensor',
                name: 'sensor',
                description: 'd',
                twin: {
                  power: { expected: { value: 'ON', metadata: at(T0) }, optional: false, metadata: meta },
                },
              },
            ],
            removed_devices: null,
          },
        },
      ]);
      expect(await rig.row('sensor', 'power')).toMatchObject({
        expected: 'ON',
        expected_meta: `{"timestamp":${T}}`,
        expected_version: '{"cloud":100,"edge":0}',
        actual: '',
        optional: 0,
        attr_type: 'string',
        metadata: '{}',
      });
      expect(rig.told()).toEqual([]);

      // 2
      step();
      await rig.mqtt(`${D}/twin/update`, {
        event_id: 'e1',
        timestamp: 0,
        twin: { power: { actual: { value: 'OFF' } } },
      });
      const off = { value: 'OFF', metadata: at(T) };
      expect(rig.said()).toEqual([
        {
          topic: `${D}/twin/update/result`,
          payload: {
            event_id: 'e1',
            timestamp: T,
            twin: { power: { actual: off, optional: false, metadata: meta } },
          },
        },
        {
          topic: `${D}/twin/update/document`,
          payload: {
            event_id: 'e1',
            timestamp: T,
            twin: { power: { last: power, current: { ...power, actual: off } } },
          },
        },
        {
          topic: `${D}/twin/update/delta`,
          payload: {
            event_id: U,
            timestamp: T,
            twin: { power: { ...power, actual: off } },
            delta: { power: 'ON' },
          },
        },
      ]);
      const [report] = await told(rig, 1);
      expect(report).toMatchObject({
        source: 'twin',
        group: 'resource',
        operation: 'update',
        resource: 'device/sensor/twin/edge_updated',
        content: {
          event_id: U,
          timestamp: T,
          twin: {
            power: { actual: off, optional: false, metadata: meta, actual_version: { cloud: 0, edge: 1 } },
          },
        },
      });
      expect(Object.keys((twinIn(report!) as { power: object }).power)).toEqual([
        'actual',
        'optional',
        'metadata',
        'actual_version',
      ]);
      expect(await rig.row('sensor', 'power')).toMatchObject({
        actual: 'OFF',
        actual_version: '{"cloud":0,"edge":1}',
      });

      // 3
      step();
      await rig.mqtt(`${D}/twin/update`, { event_id: 'e2', twin: { power: { actual: { value: 'ON' } } } });
      expect(rig.said().map(({ topic }) => topic)).toEqual([
        `${D}/twin/update/result`,
        `${D}/twin/update/document`,
      ]);
      expect(twinIn((await told(rig, 1))[0]!)).toMatchObject({
        power: { actual_version: { cloud: 0, edge: 2 } },
      });

      // 4
      step();
      await rig.mqtt(`${D}/twin/update`, {
        event_id: 'e3',
        twin: { temp: { actual: { value: '21' }, metadata: { type: 'int' } } },
      });
      const temp = { actual: { value: '21', metadata: at(T) }, optional: true, metadata: { type: 'int' } };
      expect(rig.said()).toEqual([
        { topic: `${D}/twin/update/result`, payload: { event_id: 'e3', timestamp: T, twin: { temp } } },
        {
          topic: `${D}/twin/update/document`,
          payload: { event_id: 'e3', timestamp: T, twin: { temp: { last: null, current: temp } } },
        },
      ]);
      expect(twinIn((await told(rig, 1))[0]!)).toEqual({
        temp: { ...temp, actual_version: { cloud: 0, edge: 1 } },
      });
      const tempRow = await rig.row('sensor', 'temp');
      expect(tempRow).toMatchObject({ attr_type: 'int', optional: 1, expected_version: '' });

      // 5
      step();
      await rig.mqtt(`${D}/twin/update`, { event_id: 'e4', twin: { temp: { actual: { value: 'warm' } } } });
      expect(rig.said()).toEqual([
        {
          topic: `${D}/twin/update/result`,
          payload: { event_id: 'e4', timestamp: T, code: 400, reason: 'the value is not int or integer' },
        },
      ]);
      expect(await rig.row('sensor', 'temp')).toEqual(tempRow);
      expect(rig.told()).toEqual([]);

      // 6
      step();
      await rig.mqtt('$hw/events/device/ghost/twin/update', {
        event_id: 'e5',
        twin: { a: { actual: { value: '1' } } },
      });
      expect(rig.said()).toEqual([
        {
          topic: '$hw/events/device/ghost/twin/update/result',
          payload: {
            event_id: 'e5',
            timestamp: T,
            code: 404,
            reason: 'update rejected due to the device is not existed',
          },
        },
      ]);

      // 7
      step();
      await rig.mqtt(`${D}/twin/update`, { event_id: 'e6', twin: { temp: null } });
      expect(rig.said()).toEqual([
        { topic: `${D}/twin/update/result`, payload: { event_id: 'e6', timestamp: T, twin: { temp: null } } },
        {
          topic: `${D}/twin/update/document`,
          payload: { event_id: 'e6', timestamp: T, twin: { temp: { last: temp, current: null } } },
        },
      ]);
      expect(twinIn((await told(rig, 1))[0]!)).toEqual({
        temp: {
          actual: {},
          optional: true,
          metadata: { type: 'deleted' },
          actual_version: { cloud: 0, edge: 2 },
        },
      });
      expect(await rig.row('sensor', 'temp')).toMatchObject({
        actual: null,
        actual_meta: null,
        attr_type: 'deleted',
        actual_version: '{"cloud":0,"edge":2}',
      });

      // 8
      step();
      await rig.mqtt(`${D}/twin/update`, { event_id: 'e7', twin: { power: null } });
      expect(rig.said()).toEqual([
        { topic: `${D}/twin/update/result`, payload: { event_id: 'e7', timestamp: T, twin: {} } },
      ]);

      // 9
      step();
      const T9 = T;
      await rig.down({ resource: 'device/sensor/twin/cloud_updated', content: wish('power', 'OFF', 120) });
      expect(rig.said()).toMatchObject([
        { topic: `${D}/twin/update/document` },
        { topic: `${D}/twin/update/delta`, payload: { delta: { power: 'OFF' } } },
      ]);
      expect(rig.told()).toEqual([]);
      expect(await rig.row('sensor', 'power')).toMatchObject({ expected_version: '{"cloud":120,"edge":0}' });

      // 10
      step();
      const before = await rig.row('sensor', 'power');
      await rig.down({ resource: 'device/sensor/twin/cloud_updated', content: wish('power', 'OFF', 110) });
      expect(await rig.row('sensor', 'power')).toEqual(before);
      expect(rig.said()).toMatchObject([
        { topic: `${D}/twin/update/delta`, payload: { delta: { power: 'OFF' } } },
      ]);
      expect(twinIn((await told(rig, 1))[0]!)).toEqual({
        power: {
          expected: { value: 'OFF', metadata: at(T9) },
          optional: false,
          metadata: meta,
          expected_version: { cloud: 120, edge: 0 },
        },
      });

      // 11
      step();
      const T11 = T;
      await rig.mqtt(`${D}/twin/update`, { event_id: 'e8', twin: { power: { expected: { value: 'ON' } } } });
      expect(rig.said().map(({ topic }) => topic)).toEqual([
        `${D}/twin/update/result`,
        `${D}/twin/update/document`,
      ]);
      expect(twinIn((await told(rig, 1))[0]!)).toMatchObject({
        power: { expected_version: { cloud: 120, edge: 1 } },
      });

      // 12
      step();
      const held = await rig.row('sensor', 'power');
      await rig.down({ resource: 'device/sensor/twin/cloud_updated', content: wish('power', 'OFF', 130) });
      expect(rig.said()).toEqual([]);
      expect(await rig.row('sensor', 'power')).toEqual(held);
      expect(twinIn((await told(rig, 1))[0]!)).toEqual({
        power: {
          expected: { value: 'ON', metadata: at(T11) },
          optional: false,
          metadata: meta,
          expected_version: { cloud: 120, edge: 1 },
        },
      });

      // 13
      step();
      await rig.down(
        { resource: 'membership', content: added('cam', { mode: { value: 'auto', cloud: 7 } }, '') },
        'cam',
      );
      rig.said();
      const deleted = wish('mode', '', 8, 'deleted');
      await rig.down({ resource: 'device/cam/twin/cloud_updated', content: deleted }, 'cam');
      expect(rig.said()).toMatchObject([
        {
          topic: '$hw/events/device/cam/twin/update/document',
          payload: {
            twin: {
              mode: {
                last: { expected: { value: 'auto', metadata: at(T) }, optional: false, metadata: meta },
                current: null,
              },
            },
          },
        },
      ]);
      expect(await rig.row('cam', 'mode')).toMatchObject({
        expected: null,
        expected_meta: null,
        attr_type: 'deleted',
        expected_version: '{"cloud":8,"edge":0}',
      });
      await rig.down({ resource: 'device/cam/twin/cloud_updated', content: deleted }, 'cam');
      expect(rig.said()).toEqual([]);
      expect(rig.told()).toEqual([]);
      await rig.mqtt('$hw/events/device/cam/twin/update', {
        event_id: 'e9',
        twin: { mode: { actual: { value: 'x' } } },
      });
      const mode = { actual: { value: 'x', metadata: at(T) }, optional: false, metadata: meta };
      expect(rig.said()).toEqual([
        {
          topic: '$hw/events/device/cam/twin/update/result',
          payload: { event_id: 'e9', timestamp: T, twin: { mode } },
        },
        {
          topic: '$hw/events/device/cam/twin/update/document',
          payload: { event_id: 'e9', timestamp: T, twin: { mode: { last: null, current: mode } } },
        },
      ]);
      expect(twinIn((await told(rig, 1))[0]!)).toEqual({
        mode: { ...mode, actual_version: { cloud: 0, edge: 1 } },
      });

      // 14
      step();
      await rig.mqtt(`${D}/twin/get`, { event_id: 'g1' });
      await rig.mqtt('$hw/events/device/ghost/twin/get', { event_id: 'g2' });
      await rig.mqtt(`${D}/twin/get`, 'x');
      expect(rig.said()).toEqual([
        {
          topic: `${D}/twin/get/result`,
          payload: {
            event_id: 'g1',
            timestamp: T,
            twin: {
              power: {
                expected: { value: 'ON', metadata: at(T11) },
                actual: { value: 'ON', metadata: at(T0 + 2000) },
                optional: false,
                metadata: meta,
              },
            },
          },
        },
        {
          topic: '$hw/events/device/ghost/twin/get/result',
          payload: {
            event_id: 'g2',
            timestamp: T,
            code: 404,
            reason: 'Device ghost not found while getting twin',
          },
        },
        {
          topic: `${D}/twin/get/result`,
          payload: {
            event_id: '',
            timestamp: T,
            code: 400,
            reason: expect.stringMatching(/^Unmarshal twin info x failed , err: ./),
          },
        },
      ]);

      // 18
      step();
      await rig.mqtt('$hw/events/node/edge1/membership/get', { event_id: 'm' });
      expect(rig.said()).toEqual([
        {
          topic: '$hw/events/node/edge1/membership/get/result',
          payload: {
            event_id: 'm',
            timestamp: T,
            devices: [
              { id: 'sensor', name: 'sensor', description: 'd' },
              { id: 'cam', name: 'cam' },
            ],
          },
        },
      ]);
    });
  });

  test('12, expectedConflict: cloud: a new wish of the cloud wins, an old one does not', async () => {
    const rig = await startRig({ expectedConflict: 'cloud' });
    await rig.down({
      resource: 'membership',
      content: added('sensor', { power: { value: 'ON', cloud: 100 } }),
    });
    await rig.mqtt(`${D}/twin/update`, {
      twin: { power: { expected: { value: 'ON' }, actual: { value: 'ON' } } },
    });
    rig.said();
    await rig.down({ resource: 'device/sensor/twin/cloud_updated', content: wish('power', 'OFF', 130) });
    expect(await rig.row('sensor', 'power')).toMatchObject({
      expected: 'OFF',
      expected_version: '{"cloud":130,"edge":0}',
    });
    expect(rig.said()).toMatchObject([
      { topic: `${D}/twin/update/document` },
      { topic: `${D}/twin/update/delta`, payload: { delta: { power: 'OFF' } } },
    ]);
    await rig.mqtt(`${D}/twin/update`, { twin: { power: { expected: { value: 'ON' } } } });
    await rig.down({ resource: 'device/sensor/twin/cloud_updated', content: wish('power', 'OFF', 131) });
    expect(await rig.row('sensor', 'power')).toMatchObject({
      expected: 'ON',
      expected_version: '{"cloud":130,"edge":1}',
    });
  });

  describe('bad input', () => {
    async function sensor() {
      const rig = await startRig();
      await rig.down({
        resource: 'membership',
        content: added('sensor', { power: { value: 'ON', cloud: 100 } }),
      });
      rig.said();
      return rig;
    }

    test('15: a broken payload is answered on the topic of the device, and the next one works', async () => {
      const rig = await sensor();
      await rig.mqtt(`${D}/twin/update`, '{bad');
      expect(rig.said()).toMatchObject([
        {
          topic: `${D}/twin/update/result`,
          payload: {
            event_id: '',
            code: 400,
            reason: 'Unmarshal update request body failed, please check the request',
          },
        },
      ]);
      await rig.mqtt(`${D}/twin/update`, { event_id: 'after', twin: { power: { actual: { value: 'ON' } } } });
      expect(rig.said()[0]).toMatchObject({ payload: { event_id: 'after', twin: { power: {} } } });
    });

    test.each([
      ['key', { event_id: 'v', twin: { 'a b': { actual: { value: '1' } } } }, /^The key of twin must only/],
      ['value', { event_id: 'v', twin: { k: { actual: { value: 'a b' } } } }, /^The value of twin must only/],
      ['no value', { event_id: 'v', twin: { k: { actual: {} } } }, /^The request body is wrong$/],
      ['no twin', { event_id: 'v' }, /^Update twin error, key:twin does not exist$/],
      ['twin null', { event_id: 'v', twin: null }, /^Update twin error, key:twin does not exist$/],
      ['new key null', { event_id: 'v', twin: { fresh: null } }, /^The request body is wrong$/],
      ['a number for a value', { event_id: 'v', twin: { k: { actual: { value: 1 } } } }, /^Unmarshal/],
      [
        'unknown type',
        { event_id: 'v', twin: { k: { actual: { value: '1' }, metadata: { type: 'x' } } } },
        /^the value type is not allowed$/,
      ],
    ])('16: %s → 400, nothing applied, the device is not locked', async (_, payload, reason) => {
      const rig = await sensor();
      await rig.mqtt(`${D}/twin/update`, payload);
      expect(rig.said()).toMatchObject([
        {
          topic: `${D}/twin/update/result`,
          payload: { event_id: 'v', code: 400, reason: expect.stringMatching(reason) },
        },
      ]);
      expect(await rig.count('device_twin')).toBe(1);
      await rig.mqtt(`${D}/twin/update`, { twin: { power: { actual: { value: 'ON' } } } });
      expect(rig.said()[0]).not.toMatchObject({ payload: { code: expect.anything() } });
    });

    test('17: one bad key of two refuses both', async () => {
      const rig = await sensor();
      await rig.mqtt(`${D}/twin/update`, {
        event_id: 'two',
        twin: {
          power: { actual: { value: 'ON' } },
          n: { actual: { value: 'x' }, metadata: { type: 'int' } },
        },
      });
      await rig.mqtt(`${D}/twin/get`, { event_id: 'g' });
      const [result, get] = rig.said();
      expect(result).toMatchObject({ payload: { code: 400 } });
      expect(get).toMatchObject({
        payload: { twin: { power: expect.not.objectContaining({ actual: expect.anything() }) } },
      });
      expect(Object.keys((get!.payload as { twin: object }).twin)).toEqual(['power']);
    });

    test('a key called __proto__ is a key like any other', async () => {
      const rig = await sensor();
      await rig.mqtt(`${D}/twin/update`, '{"twin":{"__proto__":{"actual":{"value":"1"}}}}');
      await rig.mqtt(`${D}/twin/get`, { event_id: 'g' });
      expect(JSON.stringify(rig.said().at(-1)!.payload)).toContain('"__proto__":{"actual":{"value":"1"');
      expect(({} as { actual?: unknown }).actual).toBeUndefined();
    });
  });

  describe('19: state', () => {
    test('2020: local time in the row and towards the cloud, both forms on MQTT', async () => {
      const rig = await startRig();
      await rig.down({ resource: 'membership', content: added('sensor') });
      rig.said();
      await rig.mqtt(`${D}/state/update`, { event_id: 's', state: 'online' });
      const local = expect.stringMatching(/^2020-06-\d\d \d\d:53:20$/);
      expect(rig.said()).toEqual([
        {
          topic: `${D}/state/update/result`,
          payload: {
            event_id: U,
            timestamp: T0,
            device: {
              name: 'sensor',
              state: 'online',
              last_online: local,
              lastOnlineTime: '2020-06-19T20:53:20Z',
            },
          },
        },
      ]);
      const [state] = await told(rig, 1);
      expect(state).toMatchObject({
        resource: 'device/sensor/state',
        operation: 'update',
        content: expect.any(String),
      });
      expect(JSON.parse(state!.content as string)).toEqual({
        event_id: U,
        timestamp: T0,
        device: { name: 'sensor', state: 'online', last_online: local },
      });
      await rig.mqtt(`${D}/state/update`, { event_id: 's2', state: 'broken' });
      await rig.mqtt('$hw/events/device/ghost/state/update', { event_id: 's3', state: 'online' });
      expect(rig.said()).toMatchObject([
        { topic: `${D}/state/update/result`, payload: { event_id: 's2', code: 400 } },
        { topic: '$hw/events/device/ghost/state/update/result', payload: { event_id: 's3', code: 404 } },
      ]);
      const row = await rig.store.first(rig.store.db.selectFrom('device').selectAll());
      expect(row).toMatchObject({ state: 'online', last_online: local });
    });

    test('current: its own resource, RFC 3339, and the last time is kept when offline', async () => {
      const rig = await startRig({ cloud: 'current' });
      await rig.down({ resource: 'membership', content: added('dev/temp1') }, 'dev/temp1');
      await rig.mqtt('$hw/events/device/dev/temp1/state/update', { state: 'Online' });
      const [state] = await told(rig, 1);
      expect(state!.resource).toBe('device/dev/temp1/state/update');
      expect(JSON.parse(state!.content as string)).toEqual({
        event_id: U,
        timestamp: T0,
        device: { name: 'temp1', state: 'Online', lastOnlineTime: '2020-06-19T20:53:20Z' },
      });
      rig.clock += 60_000;
      rig.said();
      await rig.mqtt('$hw/events/device/dev/temp1/state/update', { state: 'offline' });
      expect(rig.said()).toMatchObject([
        { payload: { device: { state: 'offline', lastOnlineTime: '2020-06-19T20:53:20Z' } } },
      ]);
    });
  });

  test('20: after a restart everything is as before, and versions go on', async () => {
    const first = await startRig();
    await first.down({
      resource: 'membership',
      content: added('sensor', { power: { value: 'ON', cloud: 100 } }),
    });
    await first.mqtt(`${D}/twin/update`, {
      twin: { temp: { actual: { value: '21' }, metadata: { type: 'int' } } },
    });
    const before = first.twin.device('sensor');
    const second = await first.restart();
    expect(second.twin.device('sensor')?.twins).toEqual(before?.twins);
    expect(second.published).toEqual([]);
    await second.mqtt(`${D}/twin/update`, { twin: { temp: { actual: { value: '22' } } } });
    expect(await second.row('sensor', 'temp')).toMatchObject({
      actual: '22',
      actual_version: '{"cloud":0,"edge":2}',
    });
    expect(await second.count('device_twin')).toBe(2);
  });

  test('22: today, ids of two words, also those upstream cannot find; a repeated add says nothing', async () => {
    const rig = await startRig({ cloud: 'current' });
    await rig.down({ resource: 'membership', content: added('dev/temp1') }, 'dev/temp1');
    await rig.mqtt('$hw/events/device/dev/temp1/twin/update', {
      event_id: 'x',
      twin: { t: { actual: { value: '1' } } },
    });
    expect(rig.said().at(-2)).toMatchObject({
      topic: '$hw/events/device/dev/temp1/twin/update/result',
      payload: { event_id: 'x', twin: { t: { actual: { value: '1' } } } },
    });
    expect((await told(rig, 1))[0]!.resource).toBe('device/dev/temp1/twin/edge_updated');
    await rig.down({ resource: 'membership', content: added('dev/temp1') }, 'dev/temp1');
    expect(rig.said()).toEqual([]);
  });

  test('23: today, a confirmed first report is said once more, then no more', async () => {
    const rig = await startRig({ cloud: 'current' });
    await rig.down({ resource: 'membership', content: added('ns/d') }, 'ns/d');
    await rig.mqtt('$hw/events/device/ns/d/twin/update', { twin: { t: { actual: { value: '1' } } } });
    const twice = await told(rig, 2);
    expect(twice.map(twinIn)).toEqual([twinIn(twice[0]!), twinIn(twice[0]!)]);
    expect(twice[0]!.id).not.toBe(twice[1]!.id);
    await eventually(async () => (await rig.count('edgecore_ts_outbox')) === 0, { what: 'an empty outbox' });
    expect(rig.twin.device('ns/d')?.pending).toBe(false);
    await rig.mqtt('$hw/events/device/ns/d/twin/update', { twin: { t: { actual: { value: '2' } } } });
    await told(rig, 1);
    await eventually(async () => (await rig.count('edgecore_ts_outbox')) === 0, { what: 'an empty outbox' });
    expect(rig.told()).toEqual([]);
  });

  test('24: offline, two updates, connect: one report with the last value, one membership/detail', async () => {
    const rig = await startRig({ connected: false });
    await rig.down({
      resource: 'membership',
      content: added('sensor', { power: { value: 'ON', cloud: 100 } }),
    });
    await rig.mqtt(`${D}/twin/update`, { twin: { power: { actual: { value: 'ON' } } } });
    await rig.mqtt(`${D}/twin/update`, { twin: { power: { actual: { value: 'OFF' } } } });
    expect(rig.up).toEqual([]);
    expect(rig.details).toEqual([]);
    expect(await rig.count('edgecore_ts_outbox')).toBe(1);
    rig.link.set({ connected: true });
    const [report] = await told(rig, 1);
    expect(twinIn(report!)).toMatchObject({
      power: { actual: { value: 'OFF' }, actual_version: { edge: 2 } },
    });
    await eventually(async () => (await rig.count('edgecore_ts_outbox')) === 0, { what: 'an empty outbox' });
    expect(rig.told()).toEqual([]);
    expect(rig.details).toHaveLength(1);
    expect(rig.details[0]).toMatchObject({ source: 'twin', group: 'resource', operation: 'get' });
    expect(JSON.parse(rig.details[0]!.content as string)).toEqual({
      event_type: 'group_membership_event',
      event_id: U,
      group_id: 'edge1',
      operation: 'detail',
      timestamp: T0,
    });
  });

  test('26: a removed device is gone from the tables, and its reports are refused', async () => {
    const rig = await startRig();
    const message = added('sensor', { power: { value: 'ON', cloud: 100 } });
    await rig.down({ resource: 'membership', content: message });
    await rig.down({
      resource: 'device/sensor',
      operation: 'updated',
      content: { event_id: 'attr', attributes: { colour: { value: 'red', metadata: { type: 'string' } } } },
    });
    expect(rig.said().at(-1)).toEqual({
      topic: `${D}/updated`,
      payload: {
        event_id: 'attr',
        timestamp: T0,
        attributes: { colour: { value: 'red', optional: true, metadata: { type: 'string' } } },
      },
    });
    expect(await rig.count('device_attr')).toBe(1);
    await rig.down({
      resource: 'membership',
      content: { ...message, added_devices: null, removed_devices: message.added_devices },
    });
    expect(rig.said()).toMatchObject([
      {
        topic: '$hw/events/node/edge1/membership/updated',
        payload: { added_devices: null, removed_devices: [{ id: 'sensor', name: 'sensor' }] },
      },
    ]);
    for (const table of ['device', 'device_attr', 'device_twin'] as const)
      expect(await rig.count(table)).toBe(0);
    await rig.mqtt(`${D}/twin/update`, { twin: { power: { actual: { value: 'ON' } } } });
    expect(rig.said()).toMatchObject([{ payload: { code: 404 } }]);
  });

  test('27: the content as object, as text and as bytes', async () => {
    const content = added('sensor', { power: { value: 'ON', cloud: 100 } });
    const text = JSON.stringify(content);
    const seen: unknown[] = [];
    for (const form of [content, text, new TextEncoder().encode(text)]) {
      const rig = await startRig();
      await rig.down({ resource: 'membership', content: form });
      seen.push(
        rig
          .said()
          .map(({ topic, payload }) => ({ topic, twin: payload['twin'], added: payload['added_devices'] })),
      );
    }
    expect(seen[0]).toHaveLength(3);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });
}
