import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { added, startRig } from './support.js';

const object = (name: string, extra: object = {}) => ({
  kind: 'Device',
  apiVersion: 'devices.kubeedge.io/v1beta1',
  metadata: { name, namespace: 'default', resourceVersion: '4711', labels: { description: 'lab' } },
  spec: {
    properties: [
      { name: 'temperature', desired: { value: '25' } },
      { name: 'unset', desired: {} },
    ],
  },
  ...extra,
});
const meta = (operation: string, resource: string, content: unknown) => ({
  source: 'meta',
  group: 'twin',
  operation,
  resource,
  content,
});

describe('device objects of today', () => {
  test('stand for a membership message that was lost, and repeat one that was not', async () => {
    const rig = await startRig({ cloud: 'current' });
    await rig.down(meta('insert', 'default/device/thermo', object('thermo')), 'default/thermo');
    expect(rig.said()).toMatchObject([
      {
        topic: '$hw/events/node/edge1/membership/updated',
        payload: { added_devices: [{ id: 'default/thermo', name: 'thermo', description: 'lab' }] },
      },
    ]);
    await rig.down(
      { resource: 'membership', content: added('default/thermo', undefined, 'lab') },
      'default/thermo',
    );
    expect(rig.said()).toEqual([]);
    await rig.down(meta('delete', 'default/device/thermo', object('thermo')), 'default/thermo');
    expect(rig.said()).toMatchObject([{ payload: { removed_devices: [{ id: 'default/thermo' }] } }]);
    expect(await rig.count('device')).toBe(0);
  });

  test('stored ones are the least there is at the start, and nothing is said of them', async () => {
    const first = await startRig({ cloud: 'current' });
    const { db } = first.store;
    await first.store.write(
      db
        .insertInto('meta')
        .values({ key: 'default/device/a', type: 'device', value: JSON.stringify(object('a')) }),
      db.insertInto('meta').values({ key: 'default/device/b', type: 'device', value: '{broken' }),
    );
    const rig = await first.restart();
    expect(rig.twin.devices().map(({ id, description }) => [id, description])).toEqual([
      ['default/a', 'lab'],
      ['default/b', ''],
    ]);
    expect(rig.published).toEqual([]);
    expect(await rig.count('device')).toBe(2);
  });

  test('with desiredAsExpected their wishes reach MQTT mappers', async () => {
    const rig = await startRig({ cloud: 'current', desiredAsExpected: true });
    await rig.down(meta('insert', 'default/device/thermo', object('thermo')), 'default/thermo');
    expect(rig.said()).toContainEqual(
      expect.objectContaining({
        topic: '$hw/events/device/default/thermo/twin/update/delta',
        payload: expect.objectContaining({ delta: { temperature: '25' } }),
      }),
    );
    expect(await rig.row('default/thermo', 'temperature')).toMatchObject({
      expected_version: '{"cloud":4711,"edge":0}',
    });
  });

  test.each([
    ['no object', 'default/device/x', 7],
    ['broken JSON', 'default/device/x', '{'],
    ['a wildcard for a name', 'default/device/+', object('x')],
  ])('%s is left out with a line, and the next one works', async (_, resource, content) => {
    const rig = await startRig({ cloud: 'current' });
    await rig.down(meta('insert', resource, content), 'default/x');
    expect(rig.complaints).toHaveLength(1);
    expect(await rig.count('device')).toBe(0);
    await rig.down(meta('insert', 'default/device/y', object('y')), 'default/y');
    expect(await rig.count('device')).toBe(1);
  });
});

describe('membership', () => {
  test('detail: what is not listed goes, what is listed comes', async () => {
    const rig = await startRig();
    await rig.down({ resource: 'membership', content: added('old') }, 'old');
    await rig.down({ resource: 'membership', content: added('kept') }, 'kept');
    rig.said();
    await rig.down(
      {
        resource: 'membership/detail',
        content: {
          devices: [
            { id: 'kept', name: 'kept' },
            { id: 'new', name: 'new' },
          ],
        },
      },
      'new',
    );
    await rig.settled('old');
    expect(
      rig.twin
        .devices()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['kept', 'new']);
    expect(rig.said().map(({ payload }) => payload['removed_devices'] ?? payload['added_devices'])).toEqual(
      expect.arrayContaining([[{ id: 'new', name: 'new' }], [{ id: 'old' }]]),
    );
  });

  test('attributes: a repeated add lists them all', async () => {
    const rig = await startRig();
    const device = (attributes: object) => ({
      added_devices: [{ id: 'sensor', name: 'sensor', attributes }],
      removed_devices: null,
    });
    await rig.down({
      resource: 'membership',
      content: device({ a: { value: '1' }, b: { value: '2', optional: false } }),
    });
    expect(await rig.count('device_attr')).toBe(2);
    rig.said();
    await rig.down({ resource: 'membership', content: device({ a: { value: '3' } }) });
    expect(rig.said()).toMatchObject([
      {
        topic: '$hw/events/device/sensor/updated',
        payload: { event_id: '', attributes: { a: { value: '3' }, b: null } },
      },
    ]);
    await rig.mqtt('$hw/events/node/any/membership/get', { event_id: 'm' });
    expect(rig.said().at(-1)!.payload).toMatchObject({
      devices: [{ id: 'sensor', attributes: { a: { value: '3' } } }],
    });
    await rig.down({ resource: 'device/sensor', operation: 'updated', content: { attributes: { a: null } } });
    expect(await rig.count('device_attr')).toBe(0);
  });

  test('an MQTT client cannot speak for the cloud unless that is switched on', async () => {
    const rig = await startRig();
    await rig.down({
      resource: 'membership',
      content: added('sensor', { power: { value: 'ON', cloud: 1 } }),
    });
    const forged = {
      twin: { power: { expected: { value: 'OFF' }, expected_version: { cloud: 9, edge: 0 } } },
    };
    await rig.mqtt('$hw/events/device/sensor/twin/cloud_updated', forged);
    expect(rig.twin.device('sensor')!.twins['power']!.expected!.value).toBe('ON');
  });

  test.each(['a/b/c', '', 'a+', 'x/#', '/x'])('a device called %j is left out', async (id) => {
    const rig = await startRig();
    await rig.down({
      resource: 'membership',
      content: { added_devices: [{ id, name: 'x' }], removed_devices: null },
    });
    expect(await rig.count('device')).toBe(0);
    expect(rig.complaints).toHaveLength(1);
  });

  test('names of today from a cloud that is taken for one of 2020: one line', async () => {
    const rig = await startRig({ cloud: '2020' });
    await rig.down({ resource: 'membership', content: added('ns/a') }, 'ns/a');
    await rig.down({ resource: 'membership', content: added('ns/b') }, 'ns/b');
    expect(rig.complaints.map(({ text }) => text)).toEqual([expect.stringContaining('cloudProfile')]);
  });
});

describe('reports that do not come over MQTT', () => {
  test('enter the same twins, and are refused with a reason', async () => {
    const rig = await startRig({ cloud: 'current' });
    await rig.down({ resource: 'membership', content: added('default/thermo') }, 'default/thermo');
    rig.said();
    await rig.twin.reportTwins('default/thermo', { t: { expected: '25', actual: '23 °C' } });
    await rig.settled('default/thermo');
    expect(rig.said().map(({ topic }) => topic.split('/').at(-1))).toEqual(['result', 'document', 'delta']);
    await rig.twin.reportState('default/thermo', 'ok');
    await expect(rig.twin.reportTwins('default/ghost', { t: { actual: '1' } })).rejects.toMatchObject({
      status: 404,
    });
    await expect(rig.twin.reportState('default/thermo', 'purple')).rejects.toMatchObject({ status: 400 });
    await rig.stop();
    await expect(rig.twin.reportTwins('default/thermo', { t: { actual: '1' } })).rejects.toMatchObject({
      status: 500,
    });
  });
});

test('listeners hear of changes once they are on disk', async () => {
  const rig = await startRig();
  const heard: string[] = [];
  rig.twin.events.on('changed', ({ id, twins }) => heard.push(`${id} ${twins['n']?.actual?.value ?? ''}`));
  rig.twin.events.on('removed', (id) => heard.push(`${id} gone`));
  await rig.down({ resource: 'membership', content: added('sensor') });
  await rig.mqtt('$hw/events/device/sensor/twin/update', { twin: { n: { actual: { value: '1' } } } });
  await rig.down({
    resource: 'membership',
    content: { added_devices: null, removed_devices: [{ id: 'sensor' }] },
  });
  await eventually(() => heard.length >= 3, { what: 'three changes' });
  expect(heard).toEqual(['sensor ', 'sensor 1', 'sensor gone']);
});
