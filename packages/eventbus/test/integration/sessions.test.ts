import { join } from 'node:path';
import { openStore, type Store } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { afterTest, connectDevice } from '../support/rig.js';
import { embedded, type SetUpOptions } from '../support/set-ups.js';

/** Runs the embedded broker again and again on one database. */
async function runs(options: SetUpOptions = {}) {
  const path = join(await tempDir(), 'edgecore.db');
  let store: Store | undefined;
  afterTest(async () => store?.close());
  return async (previous?: { close(): Promise<void> }) => {
    await previous?.close();
    await store?.close();
    store = await openStore({ path });
    return { ...(await embedded({ ...options, store })), store };
  };
}

const lasting = (clientId: string) => ({ clientId, clean: false });

async function rows(store: Store): Promise<Record<string, number>> {
  const tables = ['subscriptions', 'outgoing', 'incoming', 'retained', 'wills'];
  const counts = tables.map(async (name) => {
    const db = store.db.withTables<Record<string, { client: string }>>();
    return [name, (await store.all(db.selectFrom(`edgecore_ts_mqtt_${name}`).selectAll())).length] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

test('a lasting session over a restart: subscribed, and what came meanwhile is delivered in order', async () => {
  const run = await runs({ qos: 1 });
  const first = await run();
  const app = await connectDevice(first.url, { ...lasting('app'), filters: ['out/#'] });
  await app.client.endAsync();
  for (const text of ['1', '2']) await first.broker.publish('out/x', text);
  const device = await connectDevice(first.url);
  await device.client.publishAsync('out/x', '3', { qos: 1 });

  const second = await run(first.broker);
  await second.broker.publish('out/x', '4');
  const back = await connectDevice(second.url, lasting('app'));
  await eventually(() => back.got.length === 4);
  expect(back.texts()).toEqual(['1', '2', '3', '4']);
  await second.broker.publish('out/y', 'live');
  await eventually(() => back.texts('out/y').length === 1);
  await eventually(async () => (await rows(second.store))['outgoing'] === 0);
});

test('a message of QoS 1 between clients is on disk for who is away before its sender is told', async () => {
  const run = await runs();
  const first = await run();
  const app = await connectDevice(first.url, { ...lasting('app'), filters: ['out/#'] });
  await app.client.endAsync();
  const device = await connectDevice(first.url);
  await device.client.publishAsync('out/x', 'x', { qos: 1 });
  await device.client.publishAsync('kept/x', 'kept', { qos: 1, retain: true });
  expect(await rows(first.store)).toMatchObject({ outgoing: 1, retained: 1 });
});

test('QoS 2 to a client that is away arrives once', async () => {
  const run = await runs();
  const first = await run();
  const app = await connectDevice(first.url, { ...lasting('app'), filters: ['out/#'], qos: 2 });
  await app.client.endAsync();
  const device = await connectDevice(first.url);
  for (const text of ['1', '2', '3']) await device.client.publishAsync('out/x', text, { qos: 2 });
  const second = await run(first.broker);
  const back = await connectDevice(second.url, lasting('app'));
  await eventually(() => back.got.length === 3);
  await eventually(async () => (await rows(second.store))['outgoing'] === 0);
  expect(back.got.map(({ text, qos }) => [text, qos])).toEqual([
    ['1', 2],
    ['2', 2],
    ['3', 2],
  ]);
  expect((await rows(second.store))['incoming']).toBe(0);
});

test('QoS 2 from a client: ids received survive a restart until they are released', async () => {
  const run = await runs({ filters: ['in/#'] });
  const first = await run();
  const device = await connectDevice(first.url, lasting('d1'));
  // Received, never released: the client dies first.
  device.client.on('packetreceive', ({ cmd }) => {
    if (cmd === 'pubrec') device.client.stream.destroy();
  });
  device.client.publish('in/x', 'x', { qos: 2 });
  await eventually(async () => (await rows(first.store))['incoming'] === 1);
  expect(first.arrivals).toHaveLength(1);
  const second = await run(first.broker);
  expect((await rows(second.store))['incoming']).toBe(1);
});

test('the queue of a session is bounded: the oldest go, counted', async () => {
  const run = await runs({ qos: 1, sessionQueueSize: 5 });
  const first = await run();
  const app = await connectDevice(first.url, { ...lasting('app'), filters: ['out/#'] });
  await app.client.endAsync();
  for (let n = 0; n < 12; n += 1) await first.broker.publish('out/x', String(n));
  await eventually(async () => first.metrics['edgecore_eventbus_session_dropped_total'] === 7);
  const second = await run(first.broker);
  const back = await connectDevice(second.url, lasting('app'));
  await eventually(() => back.got.length === 5);
  expect(back.texts()).toEqual(['7', '8', '9', '10', '11']);
});

test('a client that begins anew with a clean session leaves nothing behind', async () => {
  const { url, broker, store } = await (await runs({ qos: 1 }))();
  const app = await connectDevice(url, { ...lasting('app'), filters: ['out/#'] });
  await app.client.endAsync();
  await broker.publish('out/x', 'x');
  await eventually(async () => (await rows(store))['outgoing'] === 1);
  const anew = await connectDevice(url, { clientId: 'app', clean: true, filters: ['other'] });
  expect(await rows(store)).toMatchObject({ subscriptions: 0, outgoing: 0 });
  expect(anew.got).toEqual([]);
});

test('unsubscribed is unsubscribed, after a restart too', async () => {
  const run = await runs({ qos: 1 });
  const first = await run();
  const app = await connectDevice(first.url, { ...lasting('app'), filters: ['out/#', 'more/+'] });
  await app.client.unsubscribeAsync('out/#');
  await app.client.endAsync();
  const second = await run(first.broker);
  await second.broker.publish('out/x', 'no');
  await second.broker.publish('more/x', 'yes');
  const back = await connectDevice(second.url, lasting('app'));
  await eventually(() => back.got.length > 0);
  expect(back.texts()).toEqual(['yes']);
});

test('clean sessions and QoS 0 do not touch the disk', async () => {
  const { url, broker, store } = await (await runs())();
  const will = { topic: 'will', payload: Buffer.from('w'), qos: 1 as const, retain: false };
  const app = await connectDevice(url, { filters: ['out/#', 'kept'], qos: 2, will });
  const other = await connectDevice(url, { ...lasting('other'), filters: ['out/#'], qos: 0 });
  const before = await rows(store);
  await app.client.publishAsync('out/x', '0', { qos: 0 });
  await app.client.publishAsync('out/x', '1', { qos: 1 });
  await app.client.publishAsync('out/x', '2', { qos: 2 });
  await app.client.publishAsync('kept', 'r', { qos: 0, retain: true });
  await broker.publish('out/x', 'b');
  await eventually(() => app.got.length === 5 && other.got.length === 4);
  expect(await rows(store)).toEqual(before);
  expect(before).toEqual({ subscriptions: 1, outgoing: 0, incoming: 0, retained: 0, wills: 0 });
});

test('retained messages of QoS 1 survive a restart; cleared or replaced by QoS 0 they do not', async () => {
  const run = await runs();
  const first = await run();
  const device = await connectDevice(first.url);
  for (const topic of ['a', 'b', 'c'])
    await device.client.publishAsync(`kept/${topic}`, topic, { qos: 1, retain: true });
  await device.client.publishAsync('kept/b', '', { qos: 1, retain: true });
  await device.client.publishAsync('kept/c', 'memory', { qos: 0, retain: true });
  await eventually(async () => (await rows(first.store))['retained'] === 1);
  const second = await run(first.broker);
  const late = await connectDevice(second.url, { filters: ['kept/#'] });
  await eventually(() => late.got.length > 0);
  expect(late.got).toEqual([{ topic: 'kept/a', text: 'a', qos: 1, retain: true }]);
});

test('sessions of clients that never come back are forgotten, the longest unseen first', async () => {
  const { url, store, warnings } = await (await runs({ maxSessions: 3 }))();
  const here = await connectDevice(url, { ...lasting('here'), filters: ['out/#'] });
  for (const name of ['a', 'b', 'c']) {
    const client = await connectDevice(url, { ...lasting(name), filters: ['out/#'] });
    await client.client.endAsync();
  }
  expect((await rows(store))['subscriptions']).toBe(3);
  expect(warnings.join()).toContain('"client":"a"');
  expect(here.client.connected).toBe(true);
});

test('a connected client takes its messages faster than any limit of its queue', async () => {
  const { url, broker } = await (await runs({ qos: 1, sessionQueueSize: 10 }))();
  const app = await connectDevice(url, { ...lasting('app'), filters: ['out/#'] });
  for (let n = 0; n < 300; n += 1) await broker.publish('out/x', String(n));
  await eventually(() => app.got.length === 300);
  expect(app.texts().map(Number)).toEqual([...Array(300).keys()]);
});
