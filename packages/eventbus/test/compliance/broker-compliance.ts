import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import type { Arrival, Broker, Settle } from '../../src/broker/broker.js';
import { connectDevice, type Device, stopReading } from '../support/rig.js';

export interface SetUp {
  readonly broker: Broker;
  /** Where devices connect to. */
  readonly url: string;
  readonly arrivals: Arrival[];
  /** Warnings so far. */
  readonly warnings: string[];
  readonly metrics: Record<string, number>;
  /** What is done with each arrival; default: settled at once. */
  onArrival(take: (arrival: Arrival, settle: Settle) => void): void;
}

/** What the event bus relies on, whatever broker it is. `broker` has been started and can be used. */
export function brokerCompliance(setUp: (filters: readonly string[]) => Promise<SetUp>): void {
  /** A round trip: what was asked of the broker before has happened. */
  const settled = async ({ broker, url, arrivals }: SetUp, device?: Device) => {
    const { client } = device ?? (await connectDevice(url));
    broker.subscribe('settled');
    const before = arrivals.length;
    await eventually(async () => {
      await client.publishAsync('settled', '', { qos: 1 });
      return arrivals.slice(before).some(({ topic }) => topic === 'settled');
    });
  };

  test('messages arrive once, in order, with topic, payload and QoS', async () => {
    const rig = await setUp(['in/#']);
    const device = await connectDevice(rig.url);
    for (let n = 0; n < 200; n += 1) device.client.publish(`in/${n % 3}`, String(n), { qos: 1 });
    await eventually(() => rig.arrivals.length === 200);
    expect(rig.arrivals.map(({ payload }) => Number(payload.toString()))).toEqual([...Array(200).keys()]);
    expect(rig.arrivals[4]).toMatchObject({ topic: 'in/1', qos: 1 });
  });

  test('a message that matches several filters arrives once', async () => {
    const rig = await setUp(['in/a', 'in/#', 'in/+']);
    const device = await connectDevice(rig.url);
    await device.client.publishAsync('in/a', 'x', { qos: 1 });
    await settled(rig, device);
    expect(rig.arrivals.filter(({ topic }) => topic === 'in/a')).toHaveLength(1);
  });

  test('publishes keep their order and are not retained; those of text and of bytes are alike', async () => {
    const { broker, url } = await setUp([]);
    const device = await connectDevice(url, { filters: ['out/#'] });
    for (let n = 0; n < 500; n += 1) {
      await broker.publish('out/x', n % 2 === 0 ? String(n) : Buffer.from(String(n)));
    }
    await eventually(() => device.got.length === 500);
    expect(device.texts().map(Number)).toEqual([...Array(500).keys()]);
    const late = await connectDevice(url, { filters: ['out/#'] });
    await broker.publish('out/y', 'now');
    await eventually(() => late.got.length > 0);
    expect(late.texts()).toEqual(['now']);
  });

  test('bytes that are not text arrive and leave as they are', async () => {
    const { broker, url, arrivals } = await setUp(['in/#']);
    const bytes = Buffer.from([0, 255, 128, 10]);
    const device = await connectDevice(url);
    const got: Buffer[] = [];
    device.client.on('message', (_topic, payload) => got.push(payload));
    await device.client.subscribeAsync('out/b');
    await device.client.publishAsync('in/b', bytes, { qos: 1 });
    await eventually(() => arrivals.length === 1);
    expect(arrivals[0]!.payload.equals(bytes)).toBe(true);
    await broker.publish('out/b', bytes);
    await eventually(() => got.length === 1);
    expect(got[0]!.equals(bytes)).toBe(true);
  });

  test('the broker does not hand back what the owner publishes, where the topics differ', async () => {
    const rig = await setUp(['in/#']);
    await rig.broker.publish('out/x', 'x');
    await settled(rig);
    expect(rig.arrivals.filter(({ topic }) => topic === 'out/x')).toEqual([]);
  });

  test('subscribing twice and unsubscribing what was never subscribed are harmless', async () => {
    const rig = await setUp([]);
    rig.broker.subscribe('in/a');
    rig.broker.subscribe('in/a');
    rig.broker.unsubscribe('in/never');
    const device = await connectDevice(rig.url);
    await settled(rig, device);
    await device.client.publishAsync('in/a', 'x', { qos: 1 });
    await eventually(() => rig.arrivals.filter(({ topic }) => topic === 'in/a').length === 1);
    expect(rig.warnings).toEqual([]);
  });

  test('a retained message stays for those who come later, until it is cleared', async () => {
    const { url } = await setUp([]);
    const device = await connectDevice(url);
    await device.client.publishAsync('kept/a', 'old', { qos: 1, retain: true });
    await device.client.publishAsync('kept/a', 'new', { qos: 1, retain: true });
    await device.client.publishAsync('kept/b', 'gone', { qos: 1, retain: true });
    await device.client.publishAsync('kept/b', '', { qos: 1, retain: true });
    const late = await connectDevice(url, { filters: ['kept/#'] });
    await device.client.publishAsync('kept/c', 'live', { qos: 1 });
    await eventually(() => late.got.length === 2);
    expect(late.got).toMatchObject([
      { topic: 'kept/a', text: 'new', retain: true },
      { topic: 'kept/c', text: 'live', retain: false },
    ]);
  });

  test('the will of a client that dies arrives, that of one that says goodbye does not', async () => {
    const rig = await setUp(['wills/#']);
    const will = (name: string) => ({
      topic: `wills/${name}`,
      payload: Buffer.from(name),
      qos: 1 as const,
      retain: false,
    });
    const polite = await connectDevice(rig.url, { will: will('polite') });
    await polite.client.endAsync();
    const dead = await connectDevice(rig.url, { will: will('dead') });
    dead.client.stream.destroy();
    await eventually(() => rig.arrivals.length > 0);
    expect(rig.arrivals.map(({ topic }) => topic)).toEqual(['wills/dead']);
  });

  test('wildcards at the first level do not match topics that start with $', async () => {
    const { url, broker } = await setUp([]);
    const device = await connectDevice(url, { filters: ['#', '+/events/x'] });
    await broker.publish('$hw/events/x', 'no');
    await broker.publish('plain', 'yes');
    await eventually(() => device.got.length > 0);
    expect(device.texts()).toEqual(['yes']);
  });

  test('an owner that is slow to take what arrives loses nothing and keeps the order', async () => {
    const rig = await setUp(['in/#']);
    rig.onArrival((_arrival, settle) => void setTimeout(settle, 1));
    const device = await connectDevice(rig.url);
    for (let n = 0; n < 100; n += 1) device.client.publish('in/x', String(n), { qos: 1 });
    await eventually(() => rig.arrivals.length === 100);
    expect(rig.arrivals.map(({ payload }) => Number(payload.toString()))).toEqual([...Array(100).keys()]);
  });

  test('a subscriber that stops reading holds up nobody', async () => {
    const { broker, url } = await setUp([]);
    const slow = await connectDevice(url, { filters: ['out/#'], qos: 0 });
    const quick = await connectDevice(url, { filters: ['out/#'], qos: 0 });
    stopReading(slow);
    // More than sockets hold, and more messages than any window: by client and by owner.
    const chunk = Buffer.alloc(8 * 1024, 'x');
    const device = await connectDevice(url);
    for (let n = 0; n < 1000; n += 1) await broker.publish('out/x', chunk);
    await Promise.all(
      Array.from({ length: 200 }, () => device.client.publishAsync('out/y', chunk, { qos: 1 })),
    );
    await broker.publish('out/end', 'end');
    await eventually(() => quick.texts('out/end').length === 1 && quick.texts('out/y').length === 200);
    expect(quick.texts('out/x')).toHaveLength(1000);
  });

  test('close ends the connections and can be repeated', async () => {
    const { broker, url } = await setUp([]);
    await broker.publish('out/x', 'x');
    await broker.close();
    await broker.close();
    expect(broker.publish('out/x', 'x')).toBeUndefined();
    expect(url).toContain('127.0.0.1');
  });
}
