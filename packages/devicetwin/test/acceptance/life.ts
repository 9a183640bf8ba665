import { describe, expect, test } from '@jest/globals';
import { added, type Rig, wish } from '../support.js';
import { at, D, meta, type RigStarter, T0, told, twinIn, U } from './expected.js';

/** Topics of an update of the twin that was taken. */
const UPDATED = [`${D}/twin/update/result`, `${D}/twin/update/document`];

/** Cases 1 to 14 and 18 of devicetwin.md §12: one life of two devices. */
export function lifeCases(startRig: RigStarter): void {
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
      expect(rig.said().map(({ topic }) => topic)).toEqual(UPDATED);
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
      expect(rig.said().map(({ topic }) => topic)).toEqual(UPDATED);
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
}
