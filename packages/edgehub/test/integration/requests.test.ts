import { createMessage, type Message, responseTo } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EdgeHubOptions } from '../../src/index.js';
import { event } from '../support/events.js';
import { FakeCloud } from '../support/fake-cloud.js';
import { certificatePaths, type Files, QUICK, startNode, type TestNode, writePair } from '../support/node.js';

let cloud: FakeCloud;
let files: Files;
let node: TestNode;

beforeEach(async () => {
  cloud = await FakeCloud.start();
  files = await certificatePaths();
  await writePair(files, cloud.ca.pem, await cloud.ca.pair());
});

afterEach(async () => {
  await node.stop();
  await cloud.close();
});

/** A connected node. */
async function connect(extra: Partial<EdgeHubOptions> = {}) {
  const options = { ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer, ...extra };
  node = startNode(options);
  const connection = await cloud.connection();
  await eventually(() => connection.messages.length > 0);
  return connection;
}

const query = (name: string) =>
  createMessage({
    source: 'edged',
    group: 'meta',
    operation: 'query',
    resource: `default/configmap/${name}`,
  });
const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `m${from + n}`);

describe('requests (edgehub.md §7, §11.17)', () => {
  test('an answer sent while the frame is still being handled finds its waiter', async () => {
    cloud.script.onMessage = (message, connection) => {
      if (message.operation === 'query') connection.send(responseTo(message, { metadata: { name: 'c' } }));
    };
    await connect();
    for (let n = 0; n < 50; n++) {
      const answer = await node.me.request('websocket', query(`c${n}`), { timeoutMs: 5000 });
      expect(answer.content).toEqual({ metadata: { name: 'c' } });
    }
    expect(node.hub.stats().pendingRequests).toBe(0);
  });

  test('two at once get their own answers, in either order', async () => {
    const asked: Message[] = [];
    cloud.script.onMessage = (message, connection) => {
      if (message.operation !== 'query' || asked.push(message) < 2) return;
      for (const one of asked.reverse()) connection.send(responseTo(one, one.resource));
    };
    await connect();
    const answers = await Promise.all(
      ['a', 'b'].map((name) => node.me.request('websocket', query(name), { timeoutMs: 5000 })),
    );
    expect(answers.map(({ content }) => content)).toEqual(['default/configmap/a', 'default/configmap/b']);
    expect(cloud.connections[0]!.payload.every(({ sync }) => !sync)).toBe(true);
  });

  test('a lost connection rejects all of them at once', async () => {
    const connection = await connect();
    const pending = ['a', 'b'].map((name) =>
      node.me.request('websocket', query(name), { timeoutMs: 60_000 }),
    );
    const settled = Promise.allSettled(pending);
    await eventually(() => connection.payload.length === 2);
    expect(node.hub.stats().pendingRequests).toBe(2);
    const since = Date.now();
    connection.destroy();
    expect((await settled).map((result) => (result as PromiseRejectedResult).reason.message)).toEqual(
      Array(2).fill('connection lost between EdgeCore and CloudCore'),
    );
    expect(Date.now() - since).toBeLessThan(1000);
  });

  test('an error answer rejects with its text', async () => {
    cloud.script.onMessage = (message, connection) => {
      if (message.operation === 'query')
        connection.send({ ...responseTo(message, 'no such thing'), operation: 'error' });
    };
    await connect();
    await expect(node.me.request('websocket', query('x'), { timeoutMs: 5000 })).rejects.toThrow(
      'no such thing',
    );
  });

  const podStatus = () =>
    createMessage<unknown>({
      source: 'edged',
      group: 'meta',
      operation: 'update',
      resource: 'default/podstatus/web',
      content: { UID: 'u' },
    });

  test('2020: a report the cloud never answers resolves with OK once it was written', async () => {
    const connection = await connect({ cloudProfile: '2020' });
    const request = podStatus();
    const answer = await node.me.request('websocket', request, { timeoutMs: 5000 });
    expect(answer).toMatchObject({
      parentId: request.id,
      source: 'edgehub',
      operation: 'response',
      content: 'OK',
    });
    await eventually(() => connection.payload.length === 1);
    expect(node.hub.stats().pendingRequests).toBe(0);
  });

  test('2020: not written, not OK', async () => {
    const connection = await connect({ cloudProfile: '2020' });
    await cloud.stopHub();
    await eventually(() => !node.hub.link.connected);
    const request = podStatus();
    let answered = false;
    const answer = node.me.request('websocket', request, { timeoutMs: 10_000 }).then(() => {
      answered = true;
    });
    await eventually(() => node.hub.stats().queueMessages === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(answered).toBe(false);
    await cloud.startHub();
    const second = await cloud.connection(2);
    await answer;
    await eventually(() => second.payload.length === 1);
    expect(ids(second.payload)).toEqual([request.id]);
    expect(connection.payload).toEqual([]);
  });

  test("current: the same report resolves with the cloud's answer", async () => {
    cloud.script.onMessage = (message, connection) => {
      if (message.operation === 'update')
        connection.send(responseTo(message, 'OK', { source: 'edgecontroller' }));
    };
    await connect();
    const answer = await node.me.request('websocket', podStatus(), { timeoutMs: 5000 });
    expect(answer).toMatchObject({ source: 'edgecontroller', content: 'OK' });
  });
});

describe('what modules may not send (edgehub.md §10)', () => {
  const send = (fields: Partial<Message>) =>
    node.me.request('websocket', createMessage<unknown>({ source: 'edged', ...fields }), { timeoutMs: 5000 });

  test('is answered with an error and not sent', async () => {
    const connection = await connect({ maxMessageBytes: 10_000 });
    await expect(send({ resource: 'default/pod/x' })).rejects.toThrow('it has no operation');
    await expect(send({ operation: 'query', resource: 'kube-node-lease/lease' })).rejects.toThrow(
      '<namespace>/lease/<name>',
    );
    await expect(
      send({ operation: 'update', resource: 'a/podstatus/b', content: 'x'.repeat(10_000) }),
    ).rejects.toThrow('the limit is 10000');
    await node.me.send('websocket', event(1));
    await eventually(() => connection.payload.length === 1);
    expect(ids(connection.payload)).toEqual(['m1']);
  });

  test('nor more than the queue holds', async () => {
    await connect({ queueMessages: 3 });
    await cloud.stopHub();
    await eventually(() => !node.hub.link.connected);
    for (let n = 0; n < 5; n++) await node.me.send('websocket', event(n));
    await expect(send({ operation: 'query', resource: 'default/secret/s' })).rejects.toThrow(
      /3 messages \(\d+ bytes\) are waiting already/,
    );
    expect(
      node.log.filter(({ level, text: line }) => level === 'error' && line.includes('waiting already')),
    ).toHaveLength(1);
    await cloud.startHub();
    const second = await cloud.connection(2);
    await eventually(() => second.payload.length === 3);
    expect(ids(second.payload)).toEqual(numbers(0, 3));
  });
});
