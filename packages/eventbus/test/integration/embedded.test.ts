import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { EventBus, InvalidEventBusOptionError } from '@edgecore/eventbus';
import { openStore } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { connectDevice, startRig, stopReading, topicOf } from '../support/rig.js';
import { embedded } from '../support/set-ups.js';

const TWIN_UPDATE = '$hw/events/device/d1/twin/update';

test('#12 with QoS and retain flag set, publishes are retained, and not routed', async () => {
  const rig = await startRig({ mode: 'internal', qos: 1, retain: true });
  await rig.publish('r/1', 'kept');
  await rig.publish('SYS/dis/upload_records', 'own');
  const url = await rig.url();
  const device = await connectDevice(url, { filters: ['r/1', 'SYS/dis/upload_records'] });
  await eventually(() => device.got.length === 2);
  expect(device.got[0]).toEqual({ topic: 'r/1', text: 'kept', qos: 1, retain: true });
  await device.client.publishAsync('SYS/dis/upload_records', 'theirs', { qos: 1 });
  await eventually(() => rig.up.length > 0);
  expect(rig.up.map(({ content }) => content)).toEqual(['theirs']);
});

test('#18 a subscriber that stops reading is disconnected; the others get everything meanwhile', async () => {
  const { broker, url, warnings } = await embedded({ drainTimeoutMs: 500 });
  const slow = await connectDevice(url, { filters: ['out/#'], qos: 0 });
  const quick = await connectDevice(url, { filters: ['out/#'], qos: 0 });
  stopReading(slow);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  // As long as the slow one is there, until its end.
  const gone = eventually(() => warnings.some((text) => text.includes('took nothing for 500 ms')));
  for (let n = 0; n < 160; n += 1) await broker.publish('out/x', chunk);
  await broker.publish('out/end', 'end');
  await eventually(() => quick.texts('out/end').length === 1, { timeoutMs: 6000 });
  expect(quick.texts('out/x')).toHaveLength(160);
  await gone;
});

test('what waits for one subscriber is bounded; the rest is dropped and counted', async () => {
  const { broker, url, metrics } = await embedded({ drainTimeoutMs: 60_000, subscriberBufferBytes: 200_000 });
  const slow = await connectDevice(url, { filters: ['out/#'], qos: 0 });
  stopReading(slow);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const dropped = () => metrics['edgecore_eventbus_publishes_dropped_total slow'] ?? 0;
  await eventually(async () => {
    await broker.publish('out/x', chunk);
    return dropped() > 0;
  });
});

test('QoS 1: acknowledged only when devicetwin has answered', async () => {
  const open: (() => void)[] = [];
  const rig = await startRig({ mode: 'internal', twinAnswers: () => open.length === 0 });
  open.push(() => {});
  const device = await connectDevice(await rig.url());
  let acknowledged = 0;
  for (let n = 0; n < 20; n += 1) {
    device.client.publish(TWIN_UPDATE, String(n), { qos: 1 }, () => {
      acknowledged += 1;
    });
  }
  device.client.publish(TWIN_UPDATE, '20', { qos: 0 });
  // Many wait at once, in the order they came, whatever their QoS.
  await eventually(() => rig.twin.length === 21);
  expect(rig.twin.map(({ content }) => Number(content))).toEqual([...Array(21).keys()]);
  expect(acknowledged).toBe(0);
  const twin = rig.bus.join('answers');
  for (const message of rig.twin) twin.respond(message, 'OK');
  await eventually(() => acknowledged === 20);
});

test('devicetwin does not answer in time: no acknowledgement, the device sends it again', async () => {
  let answers = false;
  const rig = await startRig({ mode: 'internal', twinTimeoutMs: 200, twinAnswers: () => answers });
  const device = await connectDevice(await rig.url(), { clean: false, clientId: 'd1', reconnectPeriod: 100 });
  const sent = device.client.publishAsync(TWIN_UPDATE, 'x', { qos: 1 });
  await eventually(() => rig.metrics['edgecore_eventbus_refused_total'] === 1);
  answers = true;
  await sent;
  expect(rig.twin.length).toBeGreaterThanOrEqual(2);
  expect(rig.twin.map(topicOf)).toEqual(rig.twin.map(() => TWIN_UPDATE));
});

test('no devicetwin: one warning, messages are acknowledged', async () => {
  const rig = await startRig({ mode: 'internal', twin: false });
  const device = await connectDevice(await rig.url());
  for (let n = 0; n < 3; n += 1) await device.client.publishAsync(TWIN_UPDATE, 'x', { qos: 1 });
  await device.client.publishAsync(TWIN_UPDATE, 'x', { qos: 0 });
  await device.client.publishAsync(TWIN_UPDATE, 'x', { qos: 2 });
  expect(rig.complaints.filter(({ text }) => text.includes('not running'))).toHaveLength(1);
  expect(rig.complaints).toHaveLength(1);
});

test('QoS 2: sent again before it is released, it is taken once', async () => {
  let answers = false;
  const rig = await startRig({ mode: 'internal', twinAnswers: () => answers });
  const device = await connectDevice(await rig.url(), { clean: false, clientId: 'd1', reconnectPeriod: 50 });
  const sent = device.client.publishAsync(TWIN_UPDATE, 'once', { qos: 2 });
  await eventually(() => rig.twin.length === 1);
  const again = new Promise<void>((resolve) => {
    device.client.on('packetsend', ({ cmd }) => {
      if (cmd === 'publish') resolve();
    });
  });
  device.client.stream.destroy();
  await again;
  answers = true;
  rig.bus.join('answers').respond(rig.twin[0]!, 'OK');
  await sent;
  expect(rig.twin).toHaveLength(1);
});

test('a message too large for the intake is dropped, acknowledged and told', async () => {
  const rig = await startRig({ mode: 'internal', maxPayloadBytes: 100 });
  const device = await connectDevice(await rig.url());
  await device.client.publishAsync('SYS/dis/upload_records', Buffer.alloc(101), { qos: 1 });
  await device.client.publishAsync('SYS/dis/upload_records', 'x'.repeat(100), { qos: 1 });
  await eventually(() => rig.up.length === 1);
  expect(rig.up[0]!.content).toHaveLength(100);
  expect(rig.metrics['edgecore_eventbus_too_large_total']).toBe(1);
});

test('bytes that are not UTF-8 become U+FFFD on the way to the cloud, told once per topic', async () => {
  const rig = await startRig({ mode: 'internal' });
  const device = await connectDevice(await rig.url());
  for (let n = 0; n < 3; n += 1) {
    await device.client.publishAsync('SYS/dis/upload_records', Buffer.from([0x61, 0xff]), { qos: 1 });
  }
  await eventually(() => rig.up.length === 3);
  expect(rig.up[0]!.content).toBe('a\ufffd');
  expect(rig.complaints.filter(({ text }) => text.includes('not UTF-8'))).toHaveLength(1);
});

test('user and password of the embedded broker', async () => {
  const { url } = await embedded({ internalUsername: 'edge', internalPassword: 'secret' });
  await connectDevice(url, { username: 'edge', password: 'secret' });
  for (const wrong of [
    {},
    { username: 'edge' },
    { username: 'edge', password: 'no' },
    { username: 'x', password: 'secret' },
  ]) {
    await expect(connectDevice(url, wrong)).rejects.toThrow(/Not authorized/);
  }
});

test('clients that send nonsense or reserved topics lose their connection, nobody else', async () => {
  const rig = await startRig({ mode: 'internal' });
  const url = await rig.url();
  const { port } = rig.eventBus.endpoint!;
  const nonsense = connect(port, '127.0.0.1');
  nonsense.on('error', () => {});
  nonsense.write('GET / HTTP/1.0\r\n\r\n');
  await new Promise((resolve) => nonsense.once('close', resolve));
  const bad = await connectDevice(url);
  bad.client.publish('$SYS/x', 'x', { qos: 1 });
  await new Promise((resolve) => void bad.client.once('close', () => resolve(undefined)));
  const device = await connectDevice(url);
  await device.client.publishAsync('SYS/dis/upload_records', 'x', { qos: 1 });
  await eventually(() => rig.up.length === 1);
});

test('a port that is taken: degraded, and it listens once the port is free', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as { port: number };
  const rig = await startRig({ mode: 'internal', internalServer: `tcp://127.0.0.1:${port}` });
  await eventually(() => {
    const health = rig.eventBus.health();
    return health.state === 'degraded' && health.reason.includes('EADDRINUSE');
  });
  await new Promise((resolve) => blocker.close(resolve));
  await eventually(() => rig.eventBus.health().state === 'ready');
});

test('close does not wait for a connection that never says anything', async () => {
  for (const internalServer of ['tcp://127.0.0.1:0', 'ws://127.0.0.1:0']) {
    const { broker } = await embedded({ internalServer });
    const silent = connect(broker.endpoint!.port, '127.0.0.1');
    silent.on('error', () => {});
    await once(silent, 'connect');
    const ended = once(silent, 'close');
    broker.quiesce();
    await broker.close();
    await ended;
  }
});

test('what was published last is sent before the connections are closed', async () => {
  const { broker, url } = await embedded();
  const device = await connectDevice(url, { filters: ['out/#'] });
  const closed = new Promise<void>((resolve) => void device.client.once('close', () => resolve()));
  for (let n = 0; n < 50; n += 1) void broker.publish('out/x', String(n));
  await broker.close();
  await closed;
  expect(device.got).toHaveLength(50);
});

test('the disk is full: uploads are not acknowledged, and are once there is room', async () => {
  const path = join(await tempDir(), 'edgecore.db');
  const store = await openStore({ path, maxSizeBytes: 400_000 });
  const rig = await startRig({ mode: 'internal', store, connected: false });
  const device = await connectDevice(await rig.url(), { clientId: 'd', clean: false, reconnectPeriod: 100 });
  let acknowledged = 0;
  const text = 'x'.repeat(50_000);
  for (let n = 0; n < 12; n += 1) {
    device.client.publish('$hw/events/upload/x', text, { qos: 1 }, () => {
      acknowledged += 1;
    });
  }
  await eventually(() => (rig.metrics['edgecore_eventbus_uploads_unstored_total'] ?? 0) > 0);
  expect(acknowledged).toBeLessThan(12);
  rig.link.set({ connected: true });
  await eventually(() => acknowledged === 12, { timeoutMs: 15_000 });
  expect(rig.up.length).toBeGreaterThanOrEqual(12);
  expect(
    rig.complaints.filter(({ text: line }) => line.includes('could not be stored')).length,
  ).toBeLessThanOrEqual(3);
});

test('whatever other modules or the cloud send, the module lives on', async () => {
  const rig = await startRig({ mode: 'internal' });
  const device = await connectDevice(await rig.url(), { filters: ['alive'] });
  const operations = ['publish', 'subscribe', 'unsubscribe', 'message', 'get_result', 'connect', '', 'x'];
  const resources = ['', 'a', 'a/+', '#', 'auth_info', '/'.repeat(200), '\0'];
  const contents = [
    null,
    5,
    '',
    '{',
    'null',
    [],
    {},
    { message: null },
    { message: { topic: '' } },
    new Uint8Array([255]),
  ];
  for (const operation of operations) {
    for (const resource of resources) {
      for (const content of contents) await rig.send({ operation, resource, content });
    }
  }
  await rig.publish('alive', 'yes');
  await eventually(() => device.texts('alive').length === 1);
  expect(rig.bus.report()[0]).toMatchObject({ name: 'eventbus', restarts: 0, state: 'ready' });
});

test('WebSocket clients', async () => {
  const { url, arrivals } = await embedded({ internalServer: 'ws://127.0.0.1:0', filters: ['in/#'] });
  const device = await connectDevice(url);
  await device.client.publishAsync('in/x', 'over ws', { qos: 1 });
  expect(arrivals.map(({ payload }) => payload.toString())).toEqual(['over ws']);
});

test('#20 options nothing can work with are errors that name them', async () => {
  const { store, link } = await startRig({ mode: 'internal' });
  const make = (options: object) => () => new EventBus({ store, link, nodeName: 'n', ...options });
  expect(make({ mode: 3 })).toThrow(InvalidEventBusOptionError);
  expect(make({ mode: 3 })).toThrow(/^mode: /);
  expect(make({ qos: 3 })).toThrow(/^qos: /);
  expect(make({ nodeName: '' })).toThrow(/^nodeName: /);
  expect(make({ externalServer: 'localhost' })).toThrow(/^externalServer: /);
  expect(make({ internalServer: 'udp://x:1' })).toThrow(/^internalServer: /);
  expect(make({ mode: 'internal', internalServer: 'tls://127.0.0.1:1' })).toThrow(/^internalTls: /);
  expect(make({ queueMessages: 0 })).toThrow(/^queueMessages: /);
  const tls = { caFile: '/no/such/ca', certFile: '/no/such/cert', keyFile: '/no/such/key' };
  expect(make({ tls })).toThrow(/^tls.caFile: .*\/no\/such\/ca/);
});
