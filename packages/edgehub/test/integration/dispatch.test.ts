import { createMessage, type Message, responseTo } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EdgeHubOptions } from '../../src/index.js';
import { type EdgeConnection, FakeCloud } from '../support/fake-cloud.js';
import { Gate } from '../support/gate.js';
import { certificatePaths, QUICK, Recorder, startNode, type TestNode, writePair } from '../support/node.js';

const MODULES = [
  ['metamanager', 'meta'],
  ['twin', 'twin'],
  ['eventbus', 'bus'],
  ['servicebus', 'bus'],
] as const;

let cloud: FakeCloud;
let node: TestNode;
let modules: Record<string, Recorder>;

beforeEach(async () => {
  cloud = await FakeCloud.start();
  modules = {};
});

afterEach(async () => {
  await node.stop();
  await cloud.close();
});

async function connect(
  extra: Partial<EdgeHubOptions> = {},
  more: [string, string][] = [],
): Promise<EdgeConnection> {
  const files = await certificatePaths();
  await writePair(files, cloud.ca.pem, await cloud.ca.pair());
  const options = { ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer, ...extra };
  node = startNode(options, (bus) => {
    for (const [name, group] of [...MODULES, ...more]) modules[name] = new Recorder(bus, name, group);
  });
  return cloud.connection();
}

/** What each module got from the cloud, the connection event left out. */
function received(): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const [name, { received: messages }] of Object.entries(modules)) {
    const own = messages.filter(({ source }) => source !== 'edgehub').map(({ id }) => id);
    if (own.length > 0) out[name] = own;
  }
  return out;
}

const warned = (text: string) => node.log.some((line) => line.level === 'warn' && line.text.includes(text));

// edgehub.md §6
const rows: [string, Partial<Message>, string | undefined][] = [
  ['resource', { source: 'edgecontroller', operation: 'insert', resource: 'default/pod/web' }, 'metamanager'],
  [
    'resource',
    { source: 'edgecontroller', operation: 'response', parentId: 'late', resource: 'default/secret/s' },
    'metamanager',
  ],
  [
    'resource',
    { source: 'cloudhub', operation: 'createvolume', resource: 'default/volume/v' },
    'metamanager',
  ],
  ['func', { operation: 'update', resource: 'default/function/f' }, 'metamanager'],
  ['twin', { source: 'devicecontroller', operation: 'update', resource: 'membership' }, 'twin'],
  ['user', { source: 'router_eventbus', operation: 'publish', resource: 'default/topic' }, 'eventbus'],
  ['user', { source: 'router_servicebus', operation: 'POST', resource: '8080:/api' }, 'servicebus'],
  ['user', { source: 'someone', operation: 'publish', resource: 'default/topic' }, undefined],
  [
    'taskmanager',
    { source: 'taskmanager', operation: 'Check', resource: 'operations/x/node/edge-01' },
    'taskmanager',
  ],
  ['cloudhub', { source: 'resource', operation: 'disconnected', resource: 'node/edge-01' }, undefined],
];

describe.each(['2020', 'current'] as const)(
  'dispatch with profile %s (edgehub.md §6, §11.16)',
  (cloudProfile) => {
    test.each(rows)('group %s: %j', async (group, fields, module) => {
      const connection = await connect({ cloudProfile }, [['taskmanager', 'taskmanager']]);
      const message = connection.send({ group, ...fields });
      // Ordered after it on the wire: when this one is there, the other was dealt with.
      const marker = connection.send({
        group: 'resource',
        operation: 'update',
        resource: 'default/pod/marker',
      });
      await eventually(() => modules['metamanager']!.received.some(({ id }) => id === marker.id));
      if (module !== undefined) await eventually(() => received()[module]?.includes(message.id));
      const expected: Record<string, string[]> = { metamanager: [marker.id] };
      if (module === 'metamanager') expected['metamanager'] = [message.id, marker.id];
      else if (module !== undefined) expected[module] = [message.id];
      expect(received()).toEqual(expected);
      expect(warned(message.id)).toBe(module === undefined);
      const dropped = node.counts.get(`edgecore_hub_messages_dropped_total ${JSON.stringify({ group })}`);
      expect(dropped).toBe(module === undefined ? 1 : undefined);
      expect(connection.payload).toEqual([]);
    });

    test.each(['resource', 'func', 'twin', 'user'])(
      'an answer in group %s goes to its waiter alone',
      async (group) => {
        cloud.script.onMessage = (message, from) => {
          if (message.operation === 'query') from.send({ ...responseTo(message, 'yes'), group });
        };
        await connect({ cloudProfile });
        const question = createMessage({ source: 'edged', operation: 'query', resource: 'default/secret/s' });
        expect((await node.me.request('websocket', question, { timeoutMs: 5000 })).content).toBe('yes');
        expect(received()).toEqual({});
      },
    );
  },
);

test('an answer after its deadline reaches group meta', async () => {
  const connection = await connect();
  const question = createMessage({ source: 'edged', operation: 'query', resource: 'default/secret/s' });
  await expect(node.me.request('websocket', question, { timeoutMs: 50 })).rejects.toThrow('no answer');
  await eventually(() => connection.payload.length === 1);
  const late = connection.send({ ...responseTo(question, { metadata: { name: 's' } }), group: 'resource' });
  await eventually(() => received()['metamanager']?.includes(late.id));
});

describe('node tasks while no module takes them (edgehub.md §8, §11.21)', () => {
  test('one refusal goes up', async () => {
    const connection = await connect();
    const resource = 'operations.kubeedge.io/v1alpha2/imageprepulljob/job1/node/edge-01';
    connection.send({
      source: 'taskmanager',
      group: 'taskmanager',
      operation: 'Check',
      resource,
      content: {},
    });
    await eventually(() => connection.payload.length > 0);
    connection.send({ group: 'resource', operation: 'update', resource: 'default/pod/marker' });
    await eventually(() => received()['metamanager']);
    expect(connection.payload).toHaveLength(1);
    expect(connection.payload[0]).toMatchObject({
      operation: 'UpdateNodeActionStatus',
      resource,
      content: { action: 'Check', succ: false },
    });
  });
});

describe('modules that cannot keep up', () => {
  test('10 000 messages while the module is busy: none lost, order kept, the socket held back (wire.md §9.15)', async () => {
    const gate = new Gate();
    const got: number[] = [];
    const options = async () => {
      const files = await certificatePaths();
      await writePair(files, cloud.ca.pem, await cloud.ca.pair());
      return {
        ...QUICK,
        ...files,
        server: cloud.server,
        httpServer: cloud.httpServer,
        maxWaitingDispatches: 10,
      };
    };
    node = startNode(await options(), (bus) => {
      const slow = bus.join('metamanager', 'meta', { capacity: 10 });
      void (async () => {
        for await (const { content } of slow.receive()) {
          await gate.opened;
          if (Array.isArray(content)) got.push(content[0]);
        }
      })();
    });
    const connection = await cloud.connection();
    // Together more than the system's socket buffers hold.
    const padding = 'x'.repeat(2000);
    for (let n = 0; n < 10_000; n++) {
      connection.send({
        group: 'resource',
        operation: 'update',
        resource: 'default/pod/x',
        content: [n, padding],
      });
    }
    const question = createMessage({ source: 'edged', operation: 'query', resource: 'default/secret/s' });
    void node.me.request('websocket', question, { timeoutMs: 5000 }).catch(() => {});
    await eventually(() => connection.payload.length === 1);
    // The hub reads as far as it will: what the inbox holds and what may wait for it.
    await eventually(async () => {
      const before = node.sent.get('metamanager');
      await new Promise((resolve) => setTimeout(resolve, 100));
      return node.sent.get('metamanager') === before;
    });
    expect(got).toEqual([]);
    expect(node.sent.get('metamanager')).toBeLessThanOrEqual(10 + 10 + 1);
    gate.open();
    await eventually(() => got.length === 10_000);
    expect(got).toEqual(got.map((_, n) => n));
    expect(node.hub.link.connected).toBe(true);
  });

  test('a module without room holds up only itself', async () => {
    const files = await certificatePaths();
    await writePair(files, cloud.ca.pem, await cloud.ca.pair());
    let twin: Recorder | undefined;
    node = startNode({ ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer }, (bus) => {
      // Nobody reads it; the connection event fills it.
      bus.join('metamanager', 'meta', { capacity: 1 });
      twin = new Recorder(bus, 'twin', 'twin');
    });
    cloud.script.onMessage = (message, from) => {
      if (message.operation === 'query') from.send(responseTo(message, 'yes'));
    };
    const connection = await cloud.connection();
    for (let n = 0; n < 20; n++)
      connection.send({ group: 'resource', operation: 'update', resource: 'default/pod/x' });
    const message = connection.send({ group: 'twin', operation: 'update', resource: 'membership' });
    await eventually(() => twin!.received.some(({ id }) => id === message.id));
    const question = createMessage({ source: 'edged', operation: 'query', resource: 'default/secret/s' });
    expect((await node.me.request('websocket', question, { timeoutMs: 5000 })).content).toBe('yes');
  });
});
