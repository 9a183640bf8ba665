import { createMessage, type Message, responseTo } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import type { Transport } from '@edgecore/viaduct';
import { afterEach, expect, test } from '@jest/globals';
import { QUICK, startNode, type TestNode } from './support/node.js';
import { ScriptedConnection } from './support/scripted-connection.js';
import { VirtualClock } from './support/virtual-clock.js';

const SCRIPTED = { ...QUICK, server: 'scripted:1', httpServer: 'https://127.0.0.1:1', useTls: false };

let node: TestNode | undefined;
afterEach(async () => {
  await node?.stop();
});

test('the message whose write was not confirmed is sent again, first and with the same id; a keepalive is not', async () => {
  const connections = [
    new ScriptedConnection(({ id }) => (id === 'm2' ? new Promise(() => {}) : Promise.resolve())),
    new ScriptedConnection(),
  ];
  let dials = 0;
  const transport: Transport = { dial: async () => connections[dials++]! };
  node = startNode({ ...SCRIPTED, transport });
  const payload = (connection: ScriptedConnection) =>
    connection.written.filter(({ operation }) => operation !== 'keepalive').map(({ id }) => id);

  for (let n = 0; n < 5; n++) {
    const fields = { id: `m${n}`, operation: 'insert', resource: 'default/event/e' };
    await node.me.send('websocket', createMessage(fields));
  }
  await eventually(() => payload(connections[0]!).length === 3);
  expect(node.hub.stats().queueMessages).toBe(3);
  await connections[0]!.close();
  await eventually(() => payload(connections[1]!).length === 3);
  expect(payload(connections[0]!)).toEqual(['m0', 'm1', 'm2']);
  expect(payload(connections[1]!)).toEqual(['m2', 'm3', 'm4']);
  expect(connections[1]!.written[0]!.operation).toBe('keepalive');
  expect(node.hub.stats().queueMessages).toBe(0);
});

test.each([
  [
    'before its write is confirmed',
    (connection: ScriptedConnection, answer: Message) => connection.deliver(answer),
  ],
  [
    'in the same tick',
    (connection: ScriptedConnection, answer: Message) =>
      void Promise.resolve().then(() => connection.deliver(answer)),
  ],
])('an answer that comes %s reaches the one who asked (edgehub.md §11.17)', async (_, bring) => {
  const connection: ScriptedConnection = new ScriptedConnection(async (message) => {
    if (message.operation === 'query') bring(connection, responseTo(message, 'yes'));
  });
  node = startNode({ ...SCRIPTED, transport: { dial: async () => connection } });
  const query = createMessage({ source: 'edged', operation: 'query', resource: 'default/secret/s' });
  expect((await node.me.request('websocket', query, { timeoutMs: 5000 })).content).toBe('yes');
  expect(node.hub.stats().pendingRequests).toBe(0);
});

test('keepalives are on time while many slow writes are queued (wire.md §9.6)', async () => {
  const clock = new VirtualClock();
  const start = clock.now();
  const keepalives: number[] = [];
  // 10 MB over a line that takes a second for each 100 kB.
  const connection = new ScriptedConnection(async ({ operation }) => {
    if (operation === 'keepalive') keepalives.push(Math.round((clock.now() - start) / 1000));
    else await clock.sleep(1000);
  });
  node = startNode({ ...SCRIPTED, transport: { dial: async () => connection }, clock });
  await eventually(() => keepalives.length === 1);
  for (let n = 0; n < 100; n++) {
    const fields = { operation: 'insert', resource: 'default/event/e', content: 'x'.repeat(100_000) };
    await node.me.send('websocket', createMessage<string>(fields));
  }
  await clock.advance(90_000);
  expect(keepalives).toHaveLength(7);
  keepalives.forEach((at, n) => {
    expect(Math.abs(at - 15 * n)).toBeLessThanOrEqual(1);
  });
  expect(node.hub.stats().queueMessages).toBeGreaterThan(5);
  const stopped = node.stop();
  node = undefined;
  await clock.advance(30_000);
  await stopped;
});
