import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { connectDevice, startRig } from '../support/rig.js';

const UPLOAD = '$hw/events/upload/x';

test('while the cloud is away uploads are kept, over a restart too, and go up in order with their ids', async () => {
  const path = join(await tempDir(), 'edgecore.db');
  const rig = await startRig({ mode: 'internal', path, connected: false });
  const device = await connectDevice(await rig.url());
  for (const text of ['1', '2']) await device.client.publishAsync(UPLOAD, text, { qos: 1 });
  expect(rig.up).toEqual([]);
  await rig.stop();

  const again = await startRig({ mode: 'internal', path, connected: false });
  const back = await connectDevice(await again.url());
  await back.client.publishAsync(UPLOAD, '3', { qos: 1 });
  again.link.set({ connected: true });
  await eventually(() => again.up.length === 3);
  expect(again.up.map(({ content, resource }) => [content, resource])).toEqual(
    ['1', '2', '3'].map((text) => [text, UPLOAD]),
  );
  expect(again.up[0]!.timestamp).toBeLessThanOrEqual(again.up[2]!.timestamp);
  await eventually(async () => (await again.store.outbox.size('eventbus')) === 0);
  expect(again.metrics['edgecore_eventbus_uploads_waiting']).toBe(0);
});

test('acknowledged means on disk', async () => {
  const rig = await startRig({ mode: 'internal', connected: false });
  const device = await connectDevice(await rig.url());
  const sent = Array.from({ length: 50 }, (_, n) =>
    device.client.publishAsync(UPLOAD, String(n), { qos: 1 }),
  );
  await Promise.all(sent);
  expect(await rig.store.outbox.size('eventbus')).toBe(50);
});

test('too many uploads: the oldest go, counted, one warning; also after a restart with lower limits', async () => {
  const path = join(await tempDir(), 'edgecore.db');
  const rig = await startRig({ mode: 'internal', path, connected: false, uploadMessages: 5 });
  const device = await connectDevice(await rig.url());
  for (let n = 0; n < 12; n += 1) await device.client.publishAsync(UPLOAD, String(n), { qos: 1 });
  expect(rig.metrics['edgecore_eventbus_uploads_dropped_total']).toBe(7);
  expect(rig.complaints.filter(({ text }) => text.includes('oldest are dropped'))).toHaveLength(1);
  await eventually(async () => (await rig.store.outbox.size('eventbus')) === 5);
  await rig.stop();
  const again = await startRig({ mode: 'internal', path, uploadBytes: 300 });
  await eventually(() => again.up.length > 0);
  await eventually(async () => (await again.store.outbox.size('eventbus')) === 0);
  expect(again.up.at(-1)!.content).toBe('11');
  expect(again.up.length).toBeLessThan(5);
});

test('what the hub did not write is sent again, with the same id', async () => {
  let answers = false;
  const seen: string[] = [];
  const rig = await startRig({
    mode: 'internal',
    hubAnswers: ({ id }) => {
      seen.push(id);
      return answers;
    },
  });
  const device = await connectDevice(await rig.url());
  await device.client.publishAsync(UPLOAD, 'x', { qos: 1 });
  await eventually(() => seen.length === 1);
  // The link is lost: EdgeHub answers with an error.
  rig.link.set({ connected: false });
  const hub = rig.bus.join('answers');
  const { errorTo } = await import('@edgecore/beehive');
  hub.deliver(errorTo({ ...rig.up[0], id: seen[0]!, resource: UPLOAD } as never, 'connection lost'));
  answers = true;
  rig.link.set({ connected: true });
  await eventually(() => rig.up.length === 1);
  expect(rig.up[0]!.id).toBe(seen[0]);
});

test('a burst goes up whole and in order', async () => {
  const rig = await startRig({ mode: 'internal' });
  const device = await connectDevice(await rig.url());
  for (let n = 0; n < 500; n += 1) device.client.publish(UPLOAD, String(n), { qos: 0 });
  await eventually(() => rig.up.length === 500);
  expect(rig.up.map(({ content }) => Number(content))).toEqual([...Array(500).keys()]);
});

test('a row that cannot be read is removed, the others go up', async () => {
  const path = join(await tempDir(), 'edgecore.db');
  const rig = await startRig({ mode: 'internal', path, connected: false });
  await rig.store.outbox.put('eventbus', 'upload/broken', { no: 'upload' });
  await rig.stop();
  const again = await startRig({ mode: 'internal', path });
  const device = await connectDevice(await again.url());
  await device.client.publishAsync(UPLOAD, 'fine', { qos: 1 });
  await eventually(() => again.up.length === 1);
  await eventually(async () => (await again.store.outbox.size('eventbus')) === 0);
});
