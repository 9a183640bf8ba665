import { eventually } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ack, event } from './support/events.js';
import { MemoryCloud } from './support/memory-cloud.js';
import { Recorder } from './support/node.js';
import { settled } from './support/virtual-clock.js';

let cloud: MemoryCloud;

beforeEach(() => {
  cloud = new MemoryCloud();
});

afterEach(() => cloud.close());

/** Waits for the hub to wait, and passes time in steps of 100 ms until it dials. */
async function backoffMs(): Promise<number> {
  const { hub } = cloud.node;
  await eventually(() => hub.stats().state === 'backoff');
  const { dials } = cloud;
  for (let waited = 100; ; waited += 100) {
    await cloud.clock.advance(100);
    // The files are read first, for real.
    if (hub.stats().state !== 'backoff') await eventually(() => cloud.dials > dials);
    if (cloud.dials > dials) return waited;
  }
}

/** Who hears of the connection, sorted (edgehub.md §5.3). */
const GROUPS = ['bus', 'meta', 'taskmanager', 'twin'];

describe('connecting (edgehub.md §5.2, §11.11)', () => {
  test('while the server is down: 1.5 s doubling to 60 s, ± 20 %, one log line a minute', async () => {
    const random = (() => {
      let turn = 0;
      return () => [0, 0.5, 0.999][turn++ % 3]!;
    })();
    const { log, hub } = await cloud.start({ random });
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      waits.push(await backoffMs());
      // A date that falls back to 1970 changes nothing of it.
      if (n === 3) cloud.clock.setBack(56 * 365 * 86_400_000);
    }
    [1500, 3000, 6000, 12_000, 24_000, 48_000, 60_000, 60_000].forEach((base, index) => {
      expect(waits[index]).toBeGreaterThanOrEqual(base * 0.8);
      expect(waits[index]).toBeLessThanOrEqual(base * 1.2 + 100);
    });
    expect(waits[0]).toBeGreaterThanOrEqual(1000);
    expect(waits[0]).toBeLessThanOrEqual(2000);
    const told = log.filter(
      ({ level, text }) => level === 'warn' && text.includes('cannot connect to cloud:10000'),
    );
    const minutes = waits.reduce((sum, wait) => sum + wait, 0) / 60_000;
    expect(told.length).toBeGreaterThan(1);
    expect(told.length).toBeLessThanOrEqual(minutes + 1);
    await eventually(() => hub.stats().state === 'backoff');
    expect(hub.stats()).toMatchObject({ connected: false, attempts: 9 });
    expect(hub.health()).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('cannot connect to cloud:10000'),
    });
  });

  test('connected: flag first, then each group exactly once, then the keepalive', async () => {
    const seen: string[] = [];
    cloud.onMessage = ({ operation }) => seen.push(operation);
    cloud.listen();
    await cloud.start({}, (bus) => {
      for (const [name, group] of [
        ['twin', 'twin'],
        ['metamanager', 'meta'],
        ['eventbus', 'bus'],
        ['taskmanager', 'taskmanager'],
      ] as const) {
        new Recorder(bus, name, group, (event) => {
          seen.push(
            `${group} ${event.operation} ${event.resource} ${event.content} ${cloud.node.hub.link.connected}`,
          );
          expect(event.source).toBe('edgehub');
          expect(event.group).toBe(group);
        });
      }
    });
    await eventually(() => seen.includes('keepalive'));
    expect(seen.pop()).toBe('keepalive');
    expect(seen.sort()).toEqual(
      GROUPS.map((group) => `${group} publish node/connection cloud_connected true`),
    );
    expect(cloud.heard[0]!.message).toMatchObject({
      source: 'websocket',
      group: 'resource',
      operation: 'keepalive',
      resource: 'node',
      content: 'ping',
    });
    seen.length = 0;
    await cloud.stopListening();
    await eventually(() => seen.length === GROUPS.length);
    expect(seen.sort()).toEqual(
      GROUPS.map((group) => `${group} publish node/connection cloud_disconnected false`),
    );
  });

  test('a connection of a minute starts the waits anew, a short one does not', async () => {
    const { hub } = await cloud.connected();
    const lose = async () => {
      await cloud.latest.close();
      const waitMs = await backoffMs();
      await eventually(() => hub.link.connected);
      return waitMs;
    };
    expect([await lose(), await lose(), await lose()]).toEqual([1500, 3000, 6000]);
    await cloud.clock.advance(61_000);
    expect(await lose()).toBe(1500);
  });
});

describe('keepalive and rate limit (§11.14, §11.15)', () => {
  test('the keepalive comes every heartbeat, also while the rate limiter is exhausted', async () => {
    const { me } = await cloud.connected({ messageQps: 1, messageBurst: 1, rotateCertificates: false });
    for (let n = 0; n < 100; n++) await me.send('websocket', event(n));
    await cloud.clock.advance(61_000);
    expect(cloud.times('keepalive').map((at) => Math.round(at / 100) / 10)).toEqual([0, 15, 30, 45, 60]);
    const events = cloud.times('insert').length;
    expect(events).toBeGreaterThanOrEqual(60);
    expect(events).toBeLessThanOrEqual(63);
    expect(cloud.node.log.filter(({ text }) => text.includes('held back by messageQPS'))).toHaveLength(1);
  });

  test('200 messages with 30/60: 60 at once, the rest at 30 a second, in order; acknowledgements not delayed', async () => {
    const { me } = await cloud.connected({ messageQps: 30, messageBurst: 60 });
    const start = cloud.heard[0]!.at;
    for (let n = 0; n < 200; n++) await me.send('websocket', event(n));
    await settled();
    expect(cloud.times('insert')).toHaveLength(60);
    for (let n = 0; n < 60; n++) await me.send('websocket', ack(n));
    await settled();
    expect(cloud.times('response')).toEqual(Array(60).fill(start));
    await cloud.clock.advance(1000);
    expect(cloud.times('insert').length).toBeGreaterThanOrEqual(89);
    expect(cloud.times('insert').length).toBeLessThanOrEqual(91);
    await cloud.clock.advance(4000);
    const order = cloud.heard
      .filter(({ message: { operation } }) => operation === 'insert')
      .map(({ message: { id } }) => id);
    expect(order).toEqual(Array.from({ length: 200 }, (_, n) => `m${n}`));
  });
});
