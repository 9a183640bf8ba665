import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, freePort, startMosquitto, tempDir, withMosquitto } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { FIXED_FILTERS } from '../../src/topics/routes.js';
import { connected } from '../support/brokers.js';
import { afterTest, connectDevice, startRig } from '../support/rig.js';
import { embedded, external } from '../support/set-ups.js';

async function mosquitto(options: Parameters<typeof startMosquitto>[0] = {}) {
  const broker = await startMosquitto(options);
  afterTest(() => broker.kill());
  return broker;
}

withMosquitto()('external broker', () => {
  test('#6 publishes have QoS 1 and are not retained', async () => {
    const broker = await mosquitto();
    const rig = await startRig({ mode: 'external', externalServer: broker.url });
    await connected(rig);
    const device = await connectDevice(broker.url, { filters: ['t/1'], qos: 2 });
    await rig.publish('t/1', Buffer.from('hi'));
    await eventually(() => device.got.length === 1);
    expect(device.got).toEqual([{ topic: 't/1', text: 'hi', qos: 1, retain: false }]);
  });

  test('#9 a rule that comes while the broker is away is stored, and subscribed when it is there', async () => {
    const port = await freePort();
    const rig = await startRig({ mode: 'external', externalServer: `tcp://127.0.0.1:${port}` });
    expect(rig.eventBus.health().state).toBe('degraded');
    await rig.send({ operation: 'subscribe', resource: 'default/test' });
    await eventually(
      async () => (await rig.store.all(rig.store.db.selectFrom('sub_topics').selectAll())).length,
    );
    const broker = await mosquitto({ port });
    await connected(rig);
    const device = await connectDevice(broker.url);
    await eventually(async () => {
      await device.client.publishAsync('default/test', 'p', { qos: 1 });
      return rig.up.length > 0;
    });
    expect(rig.up[0]).toMatchObject({ resource: 'default/test', content: 'p' });
  });

  test('#10 publishes made while the broker is away all arrive, in order, and nobody waits for it', async () => {
    const port = await freePort();
    const server = `tcp://127.0.0.1:${port}`;
    const rig = await startRig({ mode: 'external', externalServer: server });
    for (const text of ['1', '2', '3']) await rig.publish('out/x', text);
    await eventually(() => rig.bus.report()[0]!.queued === 0, { what: 'the inbox to be read' });
    const first = await embedded({ internalServer: server, filters: ['out/#'] });
    const texts = ({ arrivals }: typeof first) => arrivals.map(({ payload }) => payload.toString());
    await eventually(() => texts(first).length === 3);
    expect(texts(first)).toEqual(['1', '2', '3']);

    await first.broker.close();
    await eventually(() => rig.eventBus.health().state === 'degraded');
    for (const text of ['4', '5', '6']) await rig.publish('out/x', text);
    const second = await embedded({ internalServer: server, filters: ['out/#'] });
    await eventually(() => texts(second).length === 3);
    expect(texts(second)).toEqual(['4', '5', '6']);
  });

  test('#11 a broker that was killed: all fixed and stored topics are subscribed again', async () => {
    const broker = await mosquitto();
    const rig = await startRig({ mode: 'external', externalServer: broker.url });
    await connected(rig);
    await rig.send({ operation: 'subscribe', resource: 'default/test' });
    await rig.send({ operation: 'subscribe', resource: 'default/gone' });
    await rig.send({ operation: 'unsubscribe', resource: 'default/gone' });
    await broker.kill();
    await eventually(() => rig.eventBus.health().state === 'degraded');
    await broker.start();
    await connected(rig);
    const device = await connectDevice(broker.url);
    const topics = FIXED_FILTERS.map((filter) => filter.replace('#', 'x').replaceAll('+', 'y'));
    await eventually(async () => {
      rig.twin.length = 0;
      rig.up.length = 0;
      for (const topic of [...topics, 'default/gone', 'default/test']) {
        await device.client.publishAsync(topic, 'x', { qos: 1 });
      }
      await eventually(() => rig.up.some(({ resource }) => resource === 'default/test'), { timeoutMs: 1000 });
      return rig.twin.length === 5 && rig.up.length === 4;
    });
    expect(rig.up.map(({ resource }) => resource)).toEqual([topics[0], topics[6], topics[7], 'default/test']);
  });

  test('#13 mode both: a publish arrives on both brokers, input on either is routed once', async () => {
    const broker = await mosquitto();
    const rig = await startRig({ mode: 'both', externalServer: broker.url });
    await connected(rig);
    const inside = await connectDevice(await rig.url(), { filters: ['out/#'] });
    const outside = await connectDevice(broker.url, { filters: ['out/#'] });
    await rig.publish('out/x', 'to both');
    await eventually(() => inside.got.length === 1 && outside.got.length === 1);
    await inside.client.publishAsync('SYS/dis/upload_records', 'inside', { qos: 1 });
    await eventually(() => rig.up.length === 1);
    await outside.client.publishAsync('SYS/dis/upload_records', 'outside', { qos: 1 });
    await eventually(() => rig.up.length === 2);
    expect(rig.up.map(({ content }) => content)).toEqual(['inside', 'outside']);
    expect([inside.texts(), outside.texts()]).toEqual([['to both'], ['to both']]);
  });

  test('publishes beyond the limit of the queue: the oldest go, counted, and one warning', async () => {
    const port = await freePort();
    const { broker, metrics, warnings } = await external({
      externalServer: `tcp://127.0.0.1:${port}`,
      queueMessages: 3,
      ready: false,
    });
    for (let n = 0; n < 10; n += 1) broker.publish('out/x', String(n));
    expect(metrics['edgecore_eventbus_publishes_dropped_total queue']).toBe(7);
    expect(warnings.filter((text) => text.includes('oldest are dropped'))).toHaveLength(1);
  });

  test('retained reports a subscription brings are processed, or ignored when the option says so', async () => {
    for (const suppressRetained of [false, true]) {
      const broker = await mosquitto();
      const device = await connectDevice(broker.url);
      const topic = '$hw/events/device/d1/twin/update';
      await device.client.publishAsync(topic, 'old', { qos: 1, retain: true });
      const rig = await startRig({ mode: 'external', externalServer: broker.url, suppressRetained });
      await connected(rig);
      await eventually(async () => {
        await device.client.publishAsync(topic, 'new', { qos: 1 });
        return rig.twin.some(({ content }) => content === 'new');
      });
      expect(rig.twin.some(({ content }) => content === 'old')).toBe(!suppressRetained);
    }
  });

  test('a broker that stops answering: what was sent and not acknowledged goes again over a new connection', async () => {
    const broker = await mosquitto();
    const { broker: bus, warnings } = await external({ externalServer: broker.url, ackTimeoutMs: 300 });
    const device = await connectDevice(broker.url, { filters: ['out/#'] });
    broker.pause();
    afterTest(async () => broker.resume());
    bus.publish('out/x', 'x');
    await eventually(() => warnings.some((text) => text.includes('acknowledges nothing')));
    broker.resume();
    await eventually(() => device.texts().includes('x'));
  });

  test('user and password: without the right ones it is degraded and goes on trying', async () => {
    const file = join(await tempDir(), 'passwd');
    execFileSync('mosquitto_passwd', ['-b', '-c', file, 'edge', 'secret']);
    const broker = await mosquitto({
      config: ['allow_anonymous false', 'password_file %d/passwd'],
      files: { passwd: readFileSync(file) },
    });
    const right = await external({ externalServer: broker.url, username: 'edge', password: 'secret' });
    expect(right.broker.problem).toBeUndefined();
    const wrong = await external({
      externalServer: broker.url,
      username: 'edge',
      password: 'guess',
      ready: false,
    });
    await eventually(() => wrong.broker.problem?.includes('Not authorized'));
    expect(wrong.warnings.join()).not.toContain('guess');
    expect(wrong.warnings).toHaveLength(1);
  });
});
