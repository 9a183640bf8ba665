import { noMetrics } from '@edgecore/api';
import { createBus, type Message, type Module, type Participant, responseTo } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EdgeHub } from '../src/index.js';
import { ack, event } from './support/events.js';
import { MemoryCloud } from './support/memory-cloud.js';
import { settled } from './support/virtual-clock.js';

let cloud: MemoryCloud;

beforeEach(() => {
  cloud = new MemoryCloud();
});

afterEach(() => cloud.close());

describe('profile detection (compat.md §1, §11.20)', () => {
  const isQuery = ({ operation, resource }: Message) =>
    operation === 'query' && resource === 'kube-node-lease/lease/edge-01';

  test('a cloud that answers the lease query is current at once, and every connection asks again', async () => {
    cloud.onMessage = (query, connection) => {
      if (isQuery(query)) void connection.send(responseTo(query, { Object: null, Err: {} }));
    };
    await cloud.connected({ cloudProfile: 'auto' });
    await eventually(() => cloud.node.hub.link.profile?.name === 'current');
    expect(cloud.heard.map(({ message: { operation } }) => operation)).toEqual(['keepalive', 'query']);
    await cloud.latest.close();
    await eventually(() => cloud.clock.sleeping > 0);
    await cloud.clock.advance(2000);
    await eventually(() => cloud.heard.length === 4);
  });

  test('a silent cloud is 2020 after two tries of 10 s; until then only keepalives and acknowledgements go up', async () => {
    const { me, hub } = await cloud.connected({
      cloudProfile: 'auto',
      probeTimeoutMs: 10_000,
      rotateCertificates: false,
    });
    await me.send('websocket', event(1));
    await me.send('websocket', ack(2));
    await cloud.clock.advance(9_999);
    expect(hub.link.profile).toBeUndefined();
    expect(cloud.heard.map(({ message: { operation } }) => operation)).toEqual([
      'keepalive',
      'query',
      'response',
    ]);
    await cloud.clock.advance(10_000);
    expect(cloud.times('query').map((at) => Math.round(at / 1000))).toEqual([0, 10]);
    expect(cloud.times('insert')).toEqual([]);
    await cloud.clock.advance(10);
    await eventually(() => hub.link.profile?.name === '2020');
    await eventually(() => cloud.times('insert').length === 1);
  });

  test('on the next connection the last profile holds until it is decided anew', async () => {
    const { me, hub } = await cloud.connected({ cloudProfile: 'auto', rotateCertificates: false });
    await cloud.clock.advance(20_001);
    await eventually(() => hub.link.profile?.name === '2020');
    await cloud.latest.close();
    await eventually(() => hub.stats().state === 'backoff');
    await cloud.clock.advance(2000);
    await eventually(() => cloud.connections.length === 2);
    await me.send('websocket', event(7));
    await eventually(() => cloud.times('insert').length === 1);
    cloud.onMessage = (query, connection) => void connection.send(responseTo(query, 'x'));
    await cloud.clock.advance(10_001);
    await eventually(() => hub.link.profile?.name === 'current');
  });

  test('while a module holds up reading, silence proves nothing', async () => {
    cloud.listen();
    let full: Participant | undefined;
    const node = await cloud.start({ cloudProfile: 'auto', maxWaitingDispatches: 1 }, (bus) => {
      // Nobody reads it; the connection event fills it.
      full = bus.join('metamanager', 'meta', { capacity: 1 });
    });
    await eventually(() => cloud.heard.length === 2);
    await cloud.send({ group: 'resource', operation: 'update', resource: 'default/pod/x' });
    await settled();
    const queries = () =>
      cloud.heard.filter(({ message: heard }) => isQuery(heard)).map(({ message: heard }) => heard);
    await cloud.send(responseTo(queries()[0]!, { Object: null, Err: null }));
    await cloud.clock.advance(45_000);
    expect(node.hub.link.profile).toBeUndefined();
    void (async () => {
      for await (const _ of full!.receive());
    })();
    await eventually(() => cloud.node.hub.link.profile?.name === 'current');
  });

  test('a configured profile asks nothing', async () => {
    await cloud.connected({ cloudProfile: '2020' });
    await cloud.clock.advance(60_000);
    expect(cloud.heard.every(({ message: { operation } }) => operation === 'keepalive')).toBe(true);
  });
});

describe('a session that is none (wire.md §5.1, §9.16)', () => {
  const request = (n: number, fields: Partial<Message> = {}) =>
    event(n, { operation: 'patch', resource: `null/nodepatch/edge-01`, ...fields });

  test('four requests without an answer and nothing else: the hub dials again and says why', async () => {
    const { me, hub, log } = await cloud.connected({ rotateCertificates: false });
    const failures: string[] = [];
    for (let n = 0; n < 4; n++) {
      me.request('websocket', request(n)).catch((error: Error) => failures.push(error.message));
      await cloud.clock.advance(10_000);
    }
    expect(hub.link.connected).toBe(true);
    await cloud.clock.advance(20_000);
    await eventually(() => failures.length === 4);
    expect(failures[0]).toBe('connection lost between EdgeCore and CloudCore');
    expect(log.some(({ level, text }) => level === 'warn' && text.includes('without a session'))).toBe(true);
    await eventually(() => hub.stats().state === 'backoff');
    await cloud.clock.advance(2000);
    await eventually(() => cloud.connections.length === 2);
  });

  test.each([
    ['any frame from the cloud starts the count anew', {}, true],
    [
      'reports and questions a 2020 cloud may not answer do not count',
      { operation: 'query', resource: 'default/secret/x' },
      false,
    ],
  ] as const)('%s', async (_, fields, frames) => {
    const { me, hub } = await cloud.connected({
      cloudProfile: frames ? 'current' : '2020',
      rotateCertificates: false,
    });
    for (let n = 0; n < 12; n++) {
      me.request('websocket', request(n, fields), { timeoutMs: 300 }).catch(() => {});
      await cloud.clock.advance(10_000);
      if (frames) await cloud.send({ group: 'twin', operation: 'update', resource: 'membership' });
      await settled();
    }
    expect(hub.link.connected).toBe(true);
    expect(cloud.connections).toHaveLength(1);
  });
});

test('a stop takes nothing more in, but brings their answers to modules that are still ending', async () => {
  const got: Message[] = [];
  let answer: Message | undefined;
  const meta: Module = {
    name: 'metamanager',
    group: 'meta',
    after: ['websocket'],
    async run(ctx) {
      for await (const received of ctx.receive()) if (received.operation === 'insert') got.push(received);
      answer = await ctx.request(
        'websocket',
        event(1, { operation: 'query', resource: 'default/configmap/c' }),
      );
    },
  };
  cloud.listen();
  cloud.onMessage = (query, connection) => {
    if (query.operation !== 'query') return;
    void connection
      .send(event(2, { source: 'edgecontroller', group: 'resource', resource: 'default/pod/p' }))
      .then(() => connection.send(responseTo(query, 'last')));
  };
  const node = await cloud.start({}, (bus) => bus.add(meta));
  await eventually(() => cloud.heard.length > 0);
  const stopped = node.bus.stop({ graceMs: 3000 });
  await eventually(() => answer !== undefined);
  await cloud.clock.advance(3000);
  expect(await stopped).toEqual({ clean: true, hanging: [], unhandled: {} });
  expect(answer!.content).toBe('last');
  expect(got).toEqual([]);
});

test('when taking messages in fails, the connection of the crashed run ends and the next run has its own', async () => {
  let spoilt = 0;
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  const bus = createBus({
    metrics: {
      ...noMetrics,
      count(name) {
        if (name !== 'edgecore_hub_messages_refused_total' || spoilt > 0) return;
        spoilt += 1;
        throw new Error('a metric without a name');
      },
    },
  });
  cloud.listen();
  const hub = new EdgeHub(await cloud.options());
  bus.add(hub, { when: 'onFailure', intervalMs: 20, jitter: 0 });
  const me = bus.join('me');
  bus.start();
  await eventually(() => cloud.connections.length === 1 && hub.link.connected);
  const first = cloud.latest;
  let firstEnded = false;
  void first.closed.then(() => {
    firstEnded = true;
  });
  await me.send('websocket', event(1, { operation: '' }));
  await eventually(() => firstEnded, { what: 'the end of the first connection' });
  await eventually(() => cloud.connections.length === 2 && hub.link.connected);
  await settled();
  process.off('unhandledRejection', onUnhandled);
  const stopped = bus.stop();
  await cloud.clock.advance(3000);
  await stopped;
  expect(spoilt).toBe(1);
  expect(unhandled).toEqual([]);
});
