import { CloudConnection } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EdgeHubOptions } from '../../src/index.js';
import { event } from '../support/events.js';
import { FakeCloud, text } from '../support/fake-cloud.js';
import {
  certificatePaths,
  type Files,
  QUICK,
  Recorder,
  startNode,
  type TestNode,
  writePair,
} from '../support/node.js';

let cloud: FakeCloud;
let files: Files;
let node: TestNode;
let meta: Recorder;

beforeEach(async () => {
  cloud = await FakeCloud.start();
  files = await certificatePaths();
  await writePair(files, cloud.ca.pem, await cloud.ca.pair());
});

afterEach(async () => {
  await node.stop();
  await cloud.close();
});

/** A connected node with a module in group `meta`. */
async function connect(extra: Partial<EdgeHubOptions> = {}) {
  const options = { ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer, ...extra };
  node = startNode(options, (bus) => {
    meta = new Recorder(bus, 'metamanager', 'meta');
  });
  const connection = await cloud.connection();
  await eventually(() => connection.messages.length > 0);
  return connection;
}

const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `m${from + n}`);

describe('loss of the link (edgehub.md §11.12, §11.13)', () => {
  test('a torn connection shows within a second; what was sent meanwhile arrives in order, once', async () => {
    const first = await connect();
    for (let n = 0; n < 10; n++) await node.me.send('websocket', event(n));
    await eventually(() => first.payload.length === 10);
    const since = Date.now();
    await cloud.stopHub();
    await eventually(() => meta.received.some(({ content }) => content === CloudConnection.disconnected));
    expect(Date.now() - since).toBeLessThan(1000);
    expect(node.hub.link.connected).toBe(false);
    for (let n = 10; n < 110; n++) await node.me.send('websocket', event(n));
    await cloud.startHub();
    const second = await cloud.connection(2);
    await eventually(() => second.payload.length >= 100);
    expect(ids(second.payload)).toEqual(numbers(10, 110));
    expect(second.messages[0]!.operation).toBe('keepalive');
    expect(meta.received.map(({ content }) => content)).toEqual([
      CloudConnection.connected,
      CloudConnection.disconnected,
      CloudConnection.connected,
    ]);
  });

  test('cut in the middle of a stream: order holds on each connection, at most the one in flight comes twice', async () => {
    let cuts = 3;
    cloud.script.onMessage = ({ operation }, connection) => {
      if (operation === 'insert' && connection.payload.length === 30 && cuts-- > 0) connection.destroy();
    };
    await connect();
    const content = 'x'.repeat(20_000);
    for (let n = 0; n < 300; n++) await node.me.send('websocket', event(n, { content }));
    await eventually(() => ids(cloud.connections.flatMap(({ payload }) => payload)).includes('m299'));
    // What the system had taken when the connection was torn is gone with it; that is TCP, and why modules keep an outbox.
    const seen = cloud.connections.map(({ payload }) => payload.map(({ id }) => Number(id.slice(1))));
    for (const part of seen) expect(part).toEqual(part.map((_, n) => part[0]! + n));
    expect(seen.length).toBe(4);
    seen.slice(1).forEach((part, n) => {
      expect(part[0]).toBeGreaterThanOrEqual(seen[n]!.at(-1)!);
    });
  });

  test('a half-open link is found out', async () => {
    const first = await connect({ heartbeatMs: 50, livenessTimeoutMs: 300 });
    first.socket.pause();
    first.webSocket.pause();
    await cloud.connection(2);
    expect(node.log.some(({ text: line }) => line.includes('nothing came from the peer for 300 ms'))).toBe(
      true,
    );
  });

  test.each([
    ['a wrong type', '{"header":{"timestamp":"x"}}', 'timestamp is not an integer'],
    ['no JSON', 'garbage', 'not JSON'],
    ['nothing', '', 'not JSON'],
  ])(
    'a bad frame (%s): connection closed, dialled again, queue delivered in order (wire.md §9.14)',
    async (_, frame, told) => {
      const first = await connect({ backoff: { initialMs: 100, maxMs: 100 } });
      first.webSocket.send(frame);
      await eventually(() => !node.hub.link.connected);
      for (let n = 0; n < 20; n++) await node.me.send('websocket', event(n));
      const second = await cloud.connection(2);
      await eventually(() => second.payload.length === 20);
      expect(ids(second.payload)).toEqual(numbers(0, 20));
      expect(
        node.log.some(
          ({ text: line }) => line.includes(told) && line.includes(JSON.stringify(frame).slice(1, -1)),
        ),
      ).toBe(true);
    },
  );

  test.each([301, 403, 404, 502])(
    'a dial answered %d is told with status and body (§11.19, §10)',
    async (status) => {
      cloud.script.refuseUpgrade = status;
      node = startNode({ ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer });
      await eventually(() => node.hub.stats().lastError);
      expect(node.hub.stats().lastError).toMatch(new RegExp(`HTTP ${status} .*sorry!`));
      cloud.script.refuseUpgrade = undefined;
      await cloud.connection();
    },
  );

  test('stopping sends what is queued and closes with 1000', async () => {
    const connection = await connect();
    let code = 0;
    connection.webSocket.on('close', (closed) => {
      code = closed;
    });
    for (let n = 0; n < 50; n++) await node.me.send('websocket', event(n));
    await node.bus.stop();
    await eventually(() => code !== 0);
    expect(code).toBe(1000);
    expect(ids(connection.payload)).toEqual(numbers(0, 50));
    expect(node.hub.stats()).toMatchObject({ state: 'stopping', connected: false, queueMessages: 0 });
  });
});

describe('a session that is refused (compat.md §1, §11.20)', () => {
  test("silence while the service looks like today's cloud is no 2020 cloud", async () => {
    cloud.script.http = ({ path }) => (path === '/node/edge-01' ? text(200, 'Node founded') : undefined);
    await connect({ cloudProfile: 'auto', probeTimeoutMs: 50 });
    await cloud.connection(2);
    expect(node.hub.link.profile).toBeUndefined();
    expect(
      node.log.some(
        ({ level, text: line }) => level === 'warn' && line.includes('the cloud refused the session'),
      ),
    ).toBe(true);
  });

  test.each([
    ['404 as a 2020 cloud answers', () => text(404, '404 page not found')],
    ['no answer', () => ({ reset: true })],
  ])('silence and %s: 2020', async (_, reply) => {
    cloud.script.http = reply;
    await connect({ cloudProfile: 'auto', probeTimeoutMs: 50 });
    await eventually(() => node.hub.link.profile?.name === '2020');
    expect(cloud.connections).toHaveLength(1);
  });
});
