import { describe, expect, test } from '@jest/globals';
import { added } from '../support.js';
import { D, type RigStarter, T0, told, U } from './expected.js';

/** Case 19: state. */
export function stateCases(startRig: RigStarter): void {
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
}
