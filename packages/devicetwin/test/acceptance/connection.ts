import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { added, wish } from '../support.js';
import { D, type RigStarter, T0, told, twinIn, U } from './expected.js';

/** Cases 12 (the other way), 20, 22 to 24, 26 and 27: restarts, links, confirmations, membership. */
export function connectionCases(startRig: RigStarter): void {
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
