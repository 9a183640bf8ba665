import type { Message } from '@edgecore/beehive';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { deviceModelObject, deviceObject, type FakeEdge, join, measured, nodeObject } from '../fake-edge.js';
import { Lab, PROFILES } from '../lab.js';

const lab = new Lab();
const model = { deviceModelRef: { name: 'm' } };

/** What came down about devices: `insert device/led`, `membership +led`, … */
function story(edge: FakeEdge): string[] {
  const lines: string[] = [];
  for (const { source, group, operation, resource, content } of edge.received) {
    if (resource === 'membership') {
      const { added_devices: added, removed_devices: removed } = content as Record<
        string,
        { name: string }[] | null
      >;
      for (const { name } of added ?? []) lines.push(`membership +${name}`);
      for (const { name } of removed ?? []) lines.push(`membership -${name}`);
    } else if (/device/.test(resource) && group === 'resource') {
      lines.push(`${operation} ${resource.replace(/^default\//, '')} by ${source}`);
    } else if (resource.endsWith('cloud_updated')) lines.push(resource);
  }
  return lines;
}

/** What the edge got when the cloud has dealt with everything before. */
async function settled(edge: FakeEdge): Promise<string[]> {
  await edge.ask('query', `default/node/${edge.node}`);
  return story(edge);
}

const report = (edge: FakeEdge, id: string, value: string) =>
  edge.tell('update', `device/${id}/twin/edge_updated`, measured('power', value), 'twin');

describe.each(PROFILES)('profile %s', (profile) => {
  const id = profile === '2020' ? 'led' : 'default/led';
  /** The last message a node gets of a new device. */
  const arrival = profile === '2020' ? 'membership' : 'default/device/led';

  test('a device waits for the only node; reports are on disk and outlive a restart', async () => {
    const dataDir = await tempDir();
    let cloud = await lab.start(profile, { dataDir });
    expect((await cloud.apply(deviceObject('led')))['spec']).not.toHaveProperty('nodeName');
    let edge = await lab.readyNode(cloud);
    await edge.waitFor(({ resource }) => resource === arrival);
    expect(cloud.device('led')).toMatchObject({
      id,
      node: 'edge-1',
      properties: { power: { desired: 'ON' } },
    });
    await report(edge, id, 'OFF');
    await eventually(() => cloud.device('led')?.properties['power']?.reported?.value === 'OFF');
    await settled(edge);
    const before = cloud.devices();
    await edge.close();
    await cloud.close();

    cloud = await lab.start(profile, { dataDir });
    expect(cloud.devices()).toEqual(before);
    edge = await lab.readyNode(cloud);
    // A 2020 cloud tells every device again when it starts; today's knows what was confirmed.
    expect(await settled(edge)).toEqual(profile === '2020' ? ['membership +led'] : []);
    await edge.close();
    const again = await lab.readyNode(cloud);
    expect(await settled(again)).toEqual([]);
  });

  test('a device that moves leaves one node and comes to the other', async () => {
    const cloud = await lab.start(profile);
    const [one, two] = [await lab.readyNode(cloud, 'edge-1'), await lab.readyNode(cloud, 'edge-2')];
    await expect(cloud.apply(deviceObject('led'))).rejects.toThrow(
      /spec\.nodeName is missing.*edge-1, edge-2/,
    );
    await cloud.apply(deviceObject('led', { nodeName: 'edge-1' }));
    await one.waitFor(({ resource }) => resource === arrival);
    await settled(one);
    // Applied without a node it stays where it is.
    await cloud.apply(deviceObject('led'));
    expect(cloud.device('led')?.node).toBe('edge-1');
    await cloud.apply(deviceObject('led', { nodeName: 'edge-2' }));
    await two.waitFor(({ resource }) => resource === 'membership');
    if (profile === 'current') {
      await one.waitFor(({ operation, resource }) => operation === 'delete' && /device/.test(resource));
      await two.waitFor(({ operation, resource }) => operation === 'insert' && /device/.test(resource));
    }
    expect((await settled(one)).filter((line) => line.includes('membership'))).toEqual([
      'membership +led',
      'membership -led',
    ]);
    expect(await settled(two)).toEqual(
      profile === '2020' ? ['membership +led'] : ['membership +led', 'insert device/led by devicecontroller'],
    );
  });

  test('bad reports, and those of devices that do not exist, change nothing and are not answered', async () => {
    const cloud = await lab.start(profile);
    const edge = await lab.readyNode(cloud);
    await cloud.apply(deviceObject('led'));
    const before = cloud.devices();
    const ghost = await report(edge, profile === '2020' ? 'ghost' : 'default/ghost', '1');
    const sent = [ghost.id];
    for (const content of ['{bad', null, { twin: null }, [1]]) {
      sent.push((await edge.tell('update', `device/${id}/twin/edge_updated`, content, 'twin')).id);
    }
    const other = profile === '2020' ? 'default/led' : 'led';
    sent.push((await report(edge, other, '1')).id);
    sent.push((await edge.tell('update', 'device/led/state', '{"device":{"state":"online"}}', 'twin')).id);
    sent.push((await edge.tell('get', 'membership/detail', '{}', 'twin')).id);
    await settled(edge);
    expect(edge.received.filter(({ parentId }) => sent.includes(parentId))).toEqual([]);
    expect(cloud.devices()).toEqual(before);
  });

  test('a device made anew under the same name starts without reports', async () => {
    const cloud = await lab.start(profile);
    const gone: string[] = [];
    cloud.on('deviceDeleted', ({ device }) => gone.push(device.id));
    const edge = await lab.readyNode(cloud);
    await cloud.apply(deviceObject('led'));
    await report(edge, id, 'OFF');
    await eventually(() => cloud.device('led')?.properties['power']?.reported);
    await cloud.delete('Device', 'default', 'led');
    await cloud.apply(deviceObject('led'));
    expect(cloud.device('led')?.properties).toEqual({ power: { desired: 'ON', type: 'string' } });
    expect(gone).toEqual([id]);
    await report(edge, id, 'ON');
    await eventually(() => cloud.device('led')?.properties['power']?.reported?.value === 'ON');
  });
});

test.each(PROFILES)('%s: a node that was deleted and comes back gets its devices again', async (profile) => {
  const cloud = await lab.start(profile);
  const first = await lab.readyNode(cloud);
  await cloud.apply(deviceModelObject('m'));
  await cloud.apply(deviceObject('led', model));
  const arrived = profile === '2020' ? 'membership' : 'default/device/led';
  await first.waitFor(({ resource }) => resource === arrived);
  await settled(first);
  await cloud.delete('Node', '', 'edge-1');
  await eventually(() => !cloud.isConnected('edge-1'));
  const second = await lab.readyNode(cloud);
  await second.waitFor(({ resource }) => resource === arrived);
  expect((await settled(second)).sort()).toEqual(
    profile === '2020'
      ? ['membership +led']
      : ['update device/led by edgecontroller', 'update devicemodel/m by edgecontroller'],
  );
});

describe('only 2020', () => {
  test('cloud_updated lists every twin, the removed ones as deleted', async () => {
    const cloud = await lab.start('2020');
    const edge = await lab.readyNode(cloud);
    const properties = [{ name: 'a', desired: { value: '1' } }, { name: 'b' }];
    await cloud.apply(deviceObject('led', { properties }));
    await cloud.apply(deviceObject('led', { properties: properties.slice(0, 1) }));
    const message = await edge.waitFor(({ resource }) => resource === 'device/led/twin/cloud_updated');
    const { resourceVersion } = cloud.get('Device', 'default', 'led')!.metadata;
    const twin = (value: string, type: string) => ({
      expected: { value, metadata: { timestamp: expect.any(Number) } },
      optional: false,
      metadata: { type },
      expected_version: { cloud: Number(resourceVersion), edge: 0 },
    });
    expect(message.content).toMatchObject({ twin: { a: twin('1', 'string'), b: twin('', 'deleted') } });
  });
});

describe('only today', () => {
  test('the model goes with the first device that uses it and leaves with the last', async () => {
    const cloud = await lab.start('current');
    const edge = await lab.readyNode(cloud);
    await cloud.apply(deviceModelObject('m'));
    const delivered = (what: string) => eventually(() => story(edge).includes(what), { what });
    for (const name of ['a', 'b']) await cloud.apply(deviceObject(name, model));
    await delivered('insert device/b by devicecontroller');
    for (const name of ['a', 'b']) await cloud.delete('Device', 'default', name);
    await delivered('delete device/b by devicecontroller');
    const objects = story(edge).filter((line) => !line.startsWith('membership'));
    expect(objects).toEqual([
      'insert devicemodel/m by devicecontroller',
      'insert device/a by devicecontroller',
      'insert device/b by devicecontroller',
      'delete device/a by devicecontroller',
      'delete devicemodel/m by devicecontroller',
      'delete device/b by devicecontroller',
    ]);
    expect(story(edge).filter((line) => line.startsWith('membership'))).toEqual([
      'membership +a',
      'membership +b',
      'membership -a',
      'membership -b',
    ]);
  });

  test('what an absent node missed comes with the resync, membership does not', async () => {
    const cloud = await lab.start('current');
    const identity = await join(cloud, 'edge-1');
    let edge = await lab.connect(cloud, 'edge-1', { identity });
    await edge.ask('insert', 'null/node/edge-1', nodeObject('edge-1'));
    await cloud.apply(deviceObject('old'));
    await edge.waitFor(({ resource }) => resource === 'default/device/old');
    await eventually(() => cloud.isConnected('edge-1'));
    await edge.ask('query', 'default/node/edge-1');
    await edge.close();
    await eventually(() => !cloud.isConnected('edge-1'));
    await cloud.delete('Device', 'default', 'old');
    // The model is made after its device: it never was sent with it.
    await cloud.apply(deviceObject('new', model));
    await cloud.apply(deviceModelObject('m'));
    edge = await lab.connect(cloud, 'edge-1', { identity });
    const lines = ['delete device/old', 'update device/new', 'update devicemodel/m'];
    await eventually(() => story(edge).length >= lines.length, { what: 'the resync' });
    expect(story(edge).sort()).toEqual(lines.map((line) => `${line} by edgecontroller`).sort());
    const content = (fits: (message: Message) => boolean) => edge.received.find(fits)?.content;
    expect(content(({ operation }) => operation === 'delete')).toEqual({
      metadata: { name: 'old', namespace: 'default', uid: expect.any(String) },
    });
  });

  test('with firstReportIsLost the first report is confirmed and lost', async () => {
    const cloud = await lab.start('current', { firstReportIsLost: true });
    const edge = await lab.readyNode(cloud);
    await cloud.apply(deviceObject('led'));
    const values: unknown[] = [];
    for (const value of ['OFF', 'OFF']) {
      const content = measured('power', value);
      const reply = await edge.ask('update', 'device/default/led/twin/edge_updated', content, 'twin');
      expect(reply).toMatchObject({
        source: 'devicecontroller',
        group: 'twin',
        operation: 'response',
        resource: 'twin',
        content: 'OK',
      });
      values.push(cloud.device('default/led')?.properties['power']?.reported?.value);
    }
    expect(values).toEqual(['', 'OFF']);
  });

  test('a state is kept with the time of the last contact', async () => {
    const cloud = await lab.start('current');
    const edge = await lab.readyNode(cloud);
    await cloud.apply(deviceObject('led'));
    const state = (device: object) =>
      edge.ask('update', 'device/default/led/state/update', JSON.stringify({ device }), 'twin');
    await state({ name: 'led', state: 'ok', lastOnlineTime: '2026-07-01T08:00:00Z' });
    await state({ name: 'led', state: 'unhealthy' });
    expect(cloud.device('led')).toMatchObject({ state: 'unhealthy', lastOnlineTime: '2026-07-01T08:00:00Z' });
    expect(cloud.get('DeviceStatus', 'default', 'led')).toMatchObject({
      kind: 'DeviceStatus',
      apiVersion: 'devices.kubeedge.io/v1beta1',
      status: { state: 'unhealthy' },
    });
  });
});
