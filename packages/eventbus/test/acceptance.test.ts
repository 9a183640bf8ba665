import { join } from 'node:path';
import { eventually, tempDir, withMosquitto } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { BROKERS } from './support/brokers.js';
import { connectDevice, topicOf } from './support/rig.js';

const DEVICE = '$hw/events/device/d1';

/** Rows of eventbus.md §11 that hold for every broker. */
function rows(start: (typeof BROKERS)['embedded']): void {
  test('#1 #2 #3 device topics go to devicetwin with their topic in base64, results do not', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl);
    await device.client.publishAsync(`${DEVICE}/twin/update/result`, 'no', { qos: 1 });
    await device.client.publishAsync(`${DEVICE}/twin/update`, '{"a":1}', { qos: 1 });
    await device.client.publishAsync('$hw/events/device/ns/d1/state/update', 's', { qos: 1 });
    await eventually(() => rig.twin.length === 2);
    expect(rig.twin[0]).toMatchObject({
      source: 'bus',
      group: 'user',
      operation: 'response',
      resource: 'JGh3L2V2ZW50cy9kZXZpY2UvZDEvdHdpbi91cGRhdGU=',
      content: '{"a":1}',
      parentId: '',
    });
    expect(topicOf(rig.twin[1]!)).toBe('$hw/events/device/ns/d1/state/update');
    expect(rig.up).toEqual([]);
  });

  test('#4 #5 other fixed topics go to the cloud as uploads, with the topic as it is', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl);
    await device.client.publishAsync('$hw/user/a', 'no', { qos: 1 });
    await device.client.publishAsync('SYS/dis/upload_records', 'x', { qos: 1 });
    await device.client.publishAsync('edge1/user/a/b', 'y', { qos: 1 });
    await eventually(() => rig.up.length === 2);
    expect(
      rig.up.map(({ source, group, operation, resource, content }) => [
        source,
        group,
        operation,
        resource,
        content,
      ]),
    ).toEqual([
      ['bus', 'user', 'upload', 'SYS/dis/upload_records', 'x'],
      ['bus', 'user', 'upload', 'edge1/user/a/b', 'y'],
    ]);
    await eventually(async () => (await rig.store.outbox.size('eventbus')) === 0);
  });

  test('#6 bytes are published as they are', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl, { filters: ['t/#'] });
    await rig.publish('t/1', new Uint8Array([0x68, 0x69]));
    await eventually(() => device.got.length === 1);
    expect(device.got[0]).toMatchObject({ topic: 't/1', text: 'hi', retain: false });
  });

  test('#7 content and topics nothing can be done with are logged once each, and the next publish works', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl, { filters: ['t/#', 'a/#'] });
    await rig.publish('t/1', {});
    await rig.publish('a/+', 'x');
    await rig.publish('', 'x');
    await rig.publish('t/2', 'fine');
    await eventually(() => device.got.length === 1);
    expect(device.texts('t/2')).toEqual(['fine']);
    expect(rig.complaints.filter(({ text }) => text.startsWith('message ignored'))).toHaveLength(3);
  });

  test('#8 a rule of the cloud: subscribed and stored, gone after unsubscribe', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl);
    const stored = async () => {
      const rows = await rig.store.all(rig.store.db.selectFrom('sub_topics').selectAll());
      return rows.map(({ topic }) => topic);
    };
    await rig.send({ operation: 'subscribe', resource: 'default/test' });
    await eventually(async () => (await stored()).includes('default/test'));
    await eventually(async () => {
      await device.client.publishAsync('default/test', 'p', { qos: 1 });
      return rig.up.length > 0;
    });
    expect(rig.up[0]).toMatchObject({ operation: 'upload', resource: 'default/test', content: 'p' });

    await rig.send({ operation: 'unsubscribe', resource: 'default/test' });
    await eventually(async () => (await stored()).length === 0);
    rig.up.length = 0;
    await device.client.publishAsync('default/test', 'no', { qos: 1 });
    await device.client.publishAsync('SYS/dis/upload_records', 'behind', { qos: 1 });
    await eventually(() => rig.up.length > 0);
    expect(rig.up.map(({ content }) => content)).toEqual(['behind']);
  });

  test('#8 a rule of the cloud holds after a restart', async () => {
    const path = join(await tempDir(), 'edgecore.db');
    const rig = await start({ path });
    await rig.send({ operation: 'subscribe', resource: 'default/test' });
    await eventually(
      async () => (await rig.store.all(rig.store.db.selectFrom('sub_topics').selectAll())).length,
    );
    await rig.stop();
    const again = await start({ path });
    const device = await connectDevice(again.deviceUrl);
    await eventually(async () => {
      await device.client.publishAsync('default/test', 'p', { qos: 1 });
      return again.up.length > 0;
    });
    expect(again.up[0]).toMatchObject({ operation: 'upload', resource: 'default/test', content: 'p' });
  });

  test('#14 a thousand reports of one client keep their order', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl);
    for (let n = 0; n < 1000; n += 1) device.client.publish(`${DEVICE}/twin/update`, String(n), { qos: 0 });
    await eventually(() => rig.twin.length === 1000);
    expect(rig.twin.map(({ content }) => Number(content))).toEqual([...Array(1000).keys()]);
  });

  test('#15 the inner object of a message is published with sorted keys, whichever way it came', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl, { filters: ['m/1'] });
    const content = { message: { topic: 'm/1', b: 2 } };
    const text = JSON.stringify(content);
    for (const form of [content, text, Buffer.from(text)])
      await rig.send({ operation: 'message', content: form });
    for (const bad of [null, 'no json', { message: 5 }, { message: { topic: 7 } }]) {
      await rig.send({ operation: 'message', content: bad });
    }
    await eventually(() => device.got.length === 3);
    expect(new Set(device.texts())).toEqual(new Set(['{"b":2,"topic":"m/1"}']));
    await eventually(() => rig.complaints.length === 4);
  });

  test('#16 get_result of auth_info is published as JSON, others are ignored', async () => {
    const rig = await start();
    const topic = '$hw/events/node/edge1/authInfo/get/result';
    const device = await connectDevice(rig.deviceUrl, { filters: [topic] });
    await rig.send({ operation: 'get_result', resource: 'other', content: { k: 'v' } });
    await rig.send({ operation: 'get_result', resource: 'auth_info', content: { k: 'v' } });
    await eventually(() => device.got.length > 0);
    expect(device.texts(topic)).toEqual(['{"k":"v"}']);
  });

  test('#17 applications are told that the cloud came', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl, { filters: ['node/connection'] });
    const event = { source: 'edgehub', group: 'bus', resource: 'node/connection' };
    await rig.send({ ...event, operation: 'publish', content: 'cloud_connected' });
    await eventually(() => device.got.length > 0);
    expect(device.texts()).toEqual(['cloud_connected']);
  });

  test('#19 the will of a device that dies goes to devicetwin', async () => {
    const rig = await start();
    const will = {
      topic: `${DEVICE}/state/update`,
      payload: Buffer.from('{"state":"offline"}'),
      qos: 1 as const,
    };
    const device = await connectDevice(rig.deviceUrl, { will: { ...will, retain: false } });
    device.client.stream.destroy();
    await eventually(() => rig.twin.length === 1);
    expect(topicOf(rig.twin[0]!)).toBe(will.topic);
    expect(rig.twin[0]!.content).toBe('{"state":"offline"}');
  });

  test('#23 a rule whose end was never told: its row stays, uploads go on', async () => {
    const rig = await start();
    await rig.store.write(rig.store.db.replaceInto('sub_topics').values({ topic: 'default/stale' }));
    const device = await connectDevice(rig.deviceUrl);
    await rig.send({ operation: 'subscribe', resource: 'default/stale' });
    await rig.send({ operation: 'subscribe', resource: 'default/stale' });
    await eventually(async () => {
      await device.client.publishAsync('default/stale', 'x', { qos: 1 });
      return rig.up.length > 0;
    });
    expect(rig.complaints).toEqual([]);
  });
}

describe('embedded broker', () => rows(BROKERS.embedded));
withMosquitto()('mosquitto', () => rows(BROKERS.mosquitto));
