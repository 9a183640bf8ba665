import { describe, expect, test } from '@jest/globals';
import { D, type RigStarter, sensorOn } from './expected.js';

/** Cases 15 to 17: bad input. */
export function refusalCases(startRig: RigStarter): void {
  describe('bad input', () => {
    const sensor = () => sensorOn(startRig);

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
}
