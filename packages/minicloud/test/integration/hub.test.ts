import { startMinicloud } from '@edgecore/minicloud';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { FakeEdge, join, nodeObject, podObject } from '../fake-edge.js';
import { FAST, Lab, PROFILES, uidOf } from '../lab.js';

const lab = new Lab();

describe.each(PROFILES)('profile %s', (profile) => {
  test('an unconfirmed message is sent five times with one id and holds back the next', async () => {
    const cloud = await lab.start(profile, { resyncIntervalMs: 60_000 });
    const edge = await lab.readyNode(cloud);
    await edge.ask('query', 'default/node/edge-1');
    edge.acks = false;
    await cloud.apply(podObject('one'));
    await cloud.apply(podObject('two'));
    await eventually(() => edge.find('insert', 'default/pod/one').length === 5);
    const ids = new Set(edge.find('insert', 'default/pod/one').map(({ id }) => id));
    expect(ids.size).toBe(1);
    expect(edge.find('insert', 'default/pod/two')).toEqual([]);
    // Not held back: what needs no confirmation.
    await edge.ask('update', 'default/node/edge-1', { metadata: { annotations: { a: 'b' } } });
    const second = await edge.waitFor(({ resource }) => resource === 'default/pod/two');
    await edge.ack(second);
    if (profile === 'current') {
      edge.acks = true;
      await eventually(() => edge.find('insert', 'default/pod/one').length > 5);
    }
  });

  test('a confirmed message is sent once', async () => {
    const cloud = await lab.start(profile);
    const edge = await lab.readyNode(cloud);
    await cloud.apply(podObject('one'));
    await edge.waitFor(({ resource }) => resource === 'default/pod/one');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(edge.received.filter(({ resource }) => resource === 'default/pod/one')).toHaveLength(1);
  });

  test('a second connection of a node replaces the first', async () => {
    const cloud = await lab.start(profile);
    const first = await lab.readyNode(cloud);
    const begin = Date.now();
    const second = await lab.connect(cloud, 'edge-1');
    await first.connection.closed;
    expect(Date.now() - begin).toBeLessThan(2500);
    expect(cloud.isConnected('edge-1')).toBe(true);
    await cloud.apply(podObject('web'));
    await second.waitFor(({ resource }) => resource === 'default/pod/web');
  });

  test('only keepalive messages keep a connection', async () => {
    const cloud = await lab.start(profile, { keepaliveTimeoutMs: 250 });
    const edge = await lab.readyNode(cloud);
    for (let beat = 0; beat < 6; beat++) {
      await new Promise((resolve) => setTimeout(resolve, 80));
      await edge.keepalive();
    }
    expect(cloud.isConnected('edge-1')).toBe(true);
    const chatter = setInterval(() => void edge.tell('query', 'default/node/edge-1').catch(() => {}), 40);
    await edge.connection.closed;
    clearInterval(chatter);
    await eventually(() => !cloud.isConnected('edge-1'));
  });

  test('what changed while the node was away comes after it is back', async () => {
    const cloud = await lab.start(profile);
    const identity = await join(cloud, 'edge-1');
    const before = await lab.connect(cloud, 'edge-1', { identity });
    await before.ask('insert', 'default/nodestatus/edge-1', nodeObject('edge-1'));
    const gone = await cloud.apply(podObject('gone'));
    const changed = await cloud.apply(podObject('changed'));
    await before.waitFor(({ resource }) => resource === 'default/pod/changed');
    await before.ask('query', 'default/node/edge-1');
    await before.close();
    await eventually(() => !cloud.isConnected('edge-1'));

    await cloud.apply(podObject('fresh'));
    await cloud.apply({ ...podObject('changed'), metadata: { name: 'changed', labels: { a: 'b' } } });
    await cloud.delete('Pod', 'default', 'gone', { graceSeconds: 0 });

    const after = await lab.connect(cloud, 'edge-1', { identity });
    const fresh = await after.waitFor(({ resource }) => resource === 'default/pod/fresh', 'the new pod');
    expect(fresh.operation).toBe(profile === 'current' ? 'update' : 'insert');
    const update = await after.waitFor(
      ({ resource }) => resource === 'default/pod/changed',
      'the changed pod',
    );
    expect(update).toMatchObject({ operation: 'update', content: { metadata: { labels: { a: 'b' } } } });
    expect(uidOf(update)).toBe(changed.metadata.uid);
    const removal = await after.waitFor(({ resource }) => resource === 'default/pod/gone', 'the deletion');
    expect(removal.operation).toBe('delete');
    expect(uidOf(removal)).toBe(gone.metadata.uid);
  });

  test('a restarted cloud knows its CA, objects and what nodes have', async () => {
    const dataDir = await tempDir();
    const first = await startMinicloud({ dataDir, profile, ...FAST });
    const identity = await join(first, 'edge-1');
    const edge = await FakeEdge.connect(first, 'edge-1', { identity });
    await edge.ask('insert', 'default/nodestatus/edge-1', nodeObject('edge-1'));
    await first.apply(podObject('kept'));
    await first.apply(podObject('dropped'));
    await edge.waitFor(({ resource }) => resource === 'default/pod/dropped');
    await edge.ask('query', 'default/node/edge-1');
    const token = first.token;
    await edge.close();
    await first.close();

    const second = await lab.start(profile, { dataDir });
    expect(second.token.split('.')[0]).toBe(token.split('.')[0]);
    expect(second.pods().map(({ metadata }) => metadata.name)).toEqual(['dropped', 'kept']);
    await second.delete('Pod', 'default', 'dropped', { graceSeconds: 0 });
    const back = await lab.connect(second, 'edge-1', { identity });
    await back.waitFor(
      ({ operation, resource }) => operation === 'delete' && resource === 'default/pod/dropped',
    );
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(back.received.filter(({ resource }) => resource === 'default/pod/kept')).toEqual([]);
  });

  test('bad messages are survived', async () => {
    const cloud = await lab.start(profile);
    const edge = await lab.readyNode(cloud);
    const lease = 'kube-node-lease/lease';
    for (const [operation, resource, content] of [
      ['update', 'default/podstatus/x', 'text'],
      ['update', 'default/podstatus', [null, 1, { Status: 3 }]],
      ['patch', 'default/podpatch/x', { status: { conditions: [{ $patch: 'odd' }] } }],
      ['insert', lease, null],
      ['delete', 'default/pod/x', { preconditions: 3 }],
      ['update', 'a/b/c/d', {}],
      ['', '', null],
    ] as const) {
      await edge.tell(operation, resource, content);
    }
    expect((await edge.ask('query', 'default/node/edge-1')).content).toMatchObject({
      metadata: { name: 'edge-1' },
    });
  });
});
