import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { errStatus, pod, settled, startRig } from './support.js';

const node = { metadata: { name: 'n', uid: 'u', resourceVersion: '5' }, spec: {}, status: {} };
const nodeStatus = { UID: 'x', Status: { phase: 'Running' }, ExtendResources: null };

describe('the node (legacy form)', () => {
  test.each(['2020', 'current'] as const)('%s: the cloud answers, nothing is stored', async (cloud) => {
    const rig = await startRig({ cloud, answer: () => ({ resource: 'default/node/n', content: 'OK' }) });
    for (const operation of ['insert', 'update']) {
      const answer = await rig.request({ operation, resource: 'default/nodestatus/n', content: nodeStatus });
      expect(answer).toMatchObject({ source: 'edgecontroller', resource: 'default/node/n', content: 'OK' });
    }
    expect(rig.up.map(({ operation }) => operation)).toEqual(['insert', 'update']);
    expect(await rig.keys()).toEqual([]);
    expect(await rig.keys('meta_v2')).toEqual([]);
    expect(await rig.store.outbox.size('metamanager')).toBe(0);
  });

  test('an unanswered status ends after one period, and the next one waits its turn (wire §5.8)', async () => {
    const rig = await startRig({ answer: () => undefined, nodeStatusTimeoutMs: 60 });
    const update = { operation: 'update', resource: 'default/nodestatus/n', content: nodeStatus };
    const first = rig.request(update).catch((error: Error) => error);
    const second = rig.request(update).catch((error: Error) => error);
    expect(String(await first)).toContain('within 60 ms');
    await eventually(() => rig.up.length === 2);
    await second;
    // A timer may be a millisecond early by the clock.
    expect(rig.up[1]!.timestamp - rig.up[0]!.timestamp).toBeGreaterThanOrEqual(58);
  });

  test('without a cloud it is refused at once and not kept', async () => {
    const rig = await startRig({ connected: false });
    const update = { operation: 'update', resource: 'default/nodestatus/n', content: nodeStatus };
    await expect(rig.request(update)).rejects.toThrow('failed to process remote: not connected');
    rig.connect();
    await settled(rig);
    expect(rig.up).toEqual([]);
  });
});

describe('today’s resources', () => {
  test('a created or patched node is stored with kind and apiVersion; the answer goes to edged', async () => {
    const rig = await startRig({
      cloud: 'current',
      answer: () => ({ content: { Object: node, Err: null } }),
    });
    const insert = { operation: 'insert', resource: 'null/node/n', content: node };
    expect((await rig.request(insert)).content).toEqual({ Object: node, Err: null });
    const stored = { apiVersion: 'v1', kind: 'Node', ...node };
    expect(JSON.parse((await rig.value('null/node/n'))!)).toEqual(stored);
    const patched = { ...node, metadata: { ...node.metadata, resourceVersion: '6' } };
    rig.answer = () => ({ resource: 'null/nodepatch/n', content: { Object: patched, Err: null } });
    await rig.request({ operation: 'patch', resource: 'null/nodepatch/n', content: '{"status":{}}' });
    expect(await rig.keys()).toEqual(['null/node/n']);
    expect(JSON.parse((await rig.value('null/node/n'))!)).toEqual({ ...stored, ...patched });
    const read = await rig.request({ operation: 'query', resource: 'null/node/n' });
    expect(read.content).toEqual([await rig.value('null/node/n')]);
  });

  test('an Err is not stored, even beside a filled Object; edged gets it (§12.9)', async () => {
    const content = { Object: node, Err: errStatus('AlreadyExists', 409) };
    const rig = await startRig({ cloud: 'current', answer: () => ({ content }) });
    const insert = { operation: 'insert', resource: 'null/node/n', content: node };
    expect((await rig.request(insert)).content).toEqual(content);
    const lease = { Object: null, Err: errStatus('NotFound', 404) };
    rig.answer = () => ({ content: lease });
    const answer = await rig.request({
      operation: 'insert',
      resource: 'kube-node-lease/lease/n',
      content: {},
    });
    expect(answer.content).toEqual(lease);
    expect(await rig.keys()).toEqual([]);
  });

  test('leases are the cloud’s alone: asked, never stored, refused without a cloud', async () => {
    const content = { Object: pod('n'), Err: null };
    const rig = await startRig({ cloud: 'current', answer: () => ({ content }) });
    for (const operation of ['query', 'insert', 'update']) {
      const answer = await rig.request({ operation, resource: 'kube-node-lease/lease/n', content: null });
      expect(answer.content).toEqual(content);
    }
    expect(await rig.keys()).toEqual([]);
    rig.disconnect();
    await expect(rig.request({ operation: 'update', resource: 'kube-node-lease/lease/n' })).rejects.toThrow(
      'failed to process remote: not connected',
    );
  });

  test('events go up unanswered, and are lost without a cloud or with one of 2020', async () => {
    const rig = await startRig({ cloud: 'current' });
    for (const operation of ['insert', 'update', 'patch']) {
      await rig.send({ operation, resource: 'default/event/e', content: { count: 1 } });
    }
    await eventually(() => rig.up.length === 3);
    rig.disconnect();
    await rig.send({ operation: 'insert', resource: 'default/event/e', content: {} });
    await settled(rig);
    expect(rig.up).toHaveLength(3);
    expect(rig.got['edged']).toEqual([]);
    expect(await rig.keys()).toEqual([]);
  });

  test.each([
    ['insert', 'null/node/n'],
    ['patch', 'null/nodepatch/n'],
    ['insert', 'kube-node-lease/lease/n'],
    ['insert', 'default/certificatesigningrequest/c'],
    ['query', 'default/certificatesigningrequest/c'],
    ['insert', 'default/pod/mirror'],
    ['insert', 'default/event/e'],
    ['query', 'k8s/ca.crt'],
  ])('%s %s is never sent to a 2020 cloud', async (operation, resource) => {
    const rig = await startRig({ cloud: '2020' });
    await rig.send({ operation, resource, content: {} });
    await settled(rig);
    expect(rig.up).toEqual([]);
  });

  test('the CA is handed through', async () => {
    const rig = await startRig({ cloud: 'current', answer: () => ({ source: 'cloudhub', content: 'PEM' }) });
    const answer = await rig.request({ source: 'metamanager', operation: 'query', resource: 'k8s/ca.crt' });
    expect(answer.content).toBe('PEM');
    expect(await rig.keys()).toEqual([]);
  });
});

describe('what stays on the edge', () => {
  test('edgemesh’s listeners are stored, found and removed', async () => {
    const rig = await startRig();
    const resource = 'default/listener/kube-system.dns';
    const listener = { source: 'edgemesh', resource };
    const content = { metadata: { name: 'kube-system.dns' }, port: 53 };
    expect((await rig.request({ ...listener, operation: 'insert', content })).content).toBeNull();
    expect((await rig.request({ ...listener, operation: 'query' })).content).toEqual([
      JSON.stringify(content),
    ]);
    expect((await rig.request({ ...listener, operation: 'delete' })).content).toBe('OK');
    expect(await rig.keys()).toEqual([]);
    expect(rig.up).toEqual([]);
  });

  test('a listener is the address alone, and the list of them has their names', async () => {
    const rig = await startRig();
    const listener = { source: 'edgemesh', resource: 'default/listener/default.web' };
    await rig.request({ ...listener, operation: 'insert', content: '9.251.0.1' });
    await rig.request({ ...listener, operation: 'insert', content: '9.251.0.2' });
    expect(await rig.value(listener.resource)).toBe('"9.251.0.2"');
    expect((await rig.request({ ...listener, operation: 'query' })).content).toEqual(['"9.251.0.2"']);
    const all = { source: 'edgemesh', operation: 'query', resource: 'default/listener' };
    expect((await rig.request(all)).content).toEqual(['{"name":"default.web","value":"9.251.0.2"}']);
  });

  test('edgemesh stores the pods of a service, which today’s cloud never sends', async () => {
    const rig = await startRig({ cloud: 'current' });
    const list = { source: 'edgemesh', resource: 'default/podlist/web' };
    expect((await rig.request({ ...list, operation: 'update', content: [pod('a')] })).content).toBe('OK');
    expect((await rig.request({ ...list, operation: 'query' })).content).toEqual([
      JSON.stringify([pod('a')]),
    ]);
    expect(rig.up).toEqual([]);
  });

  test('a device set over the local API goes to the twin and is confirmed to the caller', async () => {
    const rig = await startRig({ cloud: 'current' });
    const content = pod('thermo');
    const update = {
      source: 'metamanager',
      operation: 'update',
      resource: 'default/device/updated',
      content,
    };
    expect((await rig.request({ ...update, group: 'twin' })).content).toBe('OK');
    await eventually(() => rig.got['twin']!.length === 1);
    expect(rig.got['twin']![0]).toMatchObject({ source: 'meta', group: 'twin', content, sync: false });
  });

  test('what no cloud can do is said at once', async () => {
    const rig = await startRig({ cloud: 'current' });
    for (const operation of ['insert', 'delete']) {
      const request = rig.request({ operation, resource: 'default/volumeattachment/x', content: {} });
      await expect(request).rejects.toThrow(`no cloud supports ${operation} of volumeattachment`);
    }
    await expect(rig.request({ operation: 'dance', resource: 'default/pod/x' })).rejects.toThrow(
      'metamanager not supported operation: dance',
    );
    await expect(rig.request({ operation: 'query', resource: 'x' })).rejects.toThrow('is not <namespace>');
    expect(rig.up).toEqual([]);
  });

  test('a resource that is none is refused by its text, and the next request works (beehive.md §9, 13)', async () => {
    const rig = await startRig({ connected: false });
    for (const resource of ['a', '', 'a/b/c/d']) {
      await expect(rig.request({ operation: 'query', resource })).rejects.toThrow(`resource "${resource}"`);
    }
    await rig.seed('default/configmap/c', 'configmap', { metadata: { name: 'c' } });
    const found = await rig.request({ operation: 'query', resource: 'default/configmap/c' });
    expect(found.content).toEqual([await rig.value('default/configmap/c')]);
  });

  test('a module that asks without waiting gets its error in its inbox', async () => {
    const rig = await startRig({ connected: false });
    const sent = await rig.send({
      operation: 'update',
      resource: 'default/nodestatus/n',
      content: nodeStatus,
    });
    const error = await eventually(() => rig.got['edged']![0]);
    expect(error).toMatchObject({ operation: 'error', parentId: sent.id, resource: 'default/nodestatus/n' });
  });

  test('no hub at all is like no connection', async () => {
    const rig = await startRig({ hub: 'nobody', hubGroup: 'nobody' });
    const query = { operation: 'query', resource: 'default/configmap/x' };
    await expect(rig.request(query)).rejects.toThrow('failed to process remote: not connected');
    await rig.down({ operation: 'insert', resource: 'default/pod/a', content: pod('a') });
    await eventually(() => rig.got['edged']!.length === 1);
  });
});
