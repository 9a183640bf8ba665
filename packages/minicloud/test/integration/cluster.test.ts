import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { deviceObject, type FakeEdge, join, nodeObject, podObject, READY } from '../fake-edge.js';
import { Lab, PROFILES, uidOf } from '../lab.js';

const lab = new Lab();

describe.each(PROFILES)('profile %s', (profile) => {
  test('a node joins, registers, becomes ready and gets its pod', async () => {
    const cloud = await lab.start(profile);
    const seen: string[] = [];
    cloud.on('nodeConnected', ({ node }) => seen.push(`connected ${node}`));
    cloud.on('nodeReady', ({ node }) => seen.push(`ready ${node.metadata.name}`));
    const pod = await cloud.apply(podObject('web'));
    expect(pod['spec']).not.toHaveProperty('nodeName');
    const edge = await lab.readyNode(cloud);
    const insert = await edge.waitFor(({ resource }) => resource === 'default/pod/web');
    expect(insert).toMatchObject({
      source: 'edgecontroller',
      group: 'resource',
      operation: 'insert',
      content: {
        metadata: { uid: pod.metadata.uid },
        spec: { nodeName: 'edge-1' },
        status: { phase: 'Pending' },
      },
    });
    expect(insert.resourceVersion).not.toBe('');
    const typed = { kind: 'Pod', apiVersion: 'v1' };
    if (profile === 'current') expect(insert.content).toMatchObject(typed);
    else expect(insert.content).not.toHaveProperty('kind');
    expect(seen).toEqual(['connected edge-1', 'ready edge-1']);
  });

  test('a status is stored and told; the pod goes down again with its new version', async () => {
    const cloud = await lab.start(profile);
    const phases: string[] = [];
    cloud.on('podStatus', ({ phase }) => phases.push(phase));
    const edge = await lab.readyNode(cloud);
    const { uid } = (await cloud.apply(podObject('web'))).metadata;
    await edge.waitFor(({ resource }) => resource === 'default/pod/web');
    const status = { UID: uid, Name: 'web', Status: { phase: 'Running' } };
    await edge.tell('update', 'default/podstatus/web', status);
    const update = await edge.waitFor(
      ({ operation, resource }) => operation === 'update' && resource === 'default/pod/web',
    );
    expect(update.content).toMatchObject({ status: { phase: 'Running' } });
    expect(phases).toEqual(['Pending', 'Running']);
    // Its answer is sent after the report before it was dealt with.
    await edge.ask('query', 'default/node/edge-1');
    const answers = edge.received.filter(({ resource }) => resource === 'default/podstatus/web');
    expect(answers.map(({ content }) => content)).toEqual(profile === 'current' ? ['OK'] : []);
  });

  test('deletion by the 2020 handshake: mark, terminal status, delete', async () => {
    const cloud = await lab.start(profile);
    const edge = await lab.readyNode(cloud);
    const { uid } = (await cloud.apply(podObject('web', { terminationGracePeriodSeconds: 3 }))).metadata;
    await edge.waitFor(({ resource }) => resource === 'default/pod/web');
    await cloud.delete('Pod', 'default', 'web');
    const marked = await edge.waitFor(
      ({ operation, resource }) => operation === 'update' && resource === 'default/pod/web',
    );
    expect(marked.content).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 3 },
    });
    const state = (phase: string, container: object) => ({
      UID: uid,
      Name: 'web',
      Status: { phase, containerStatuses: [{ name: 'main', state: container }] },
    });
    await edge.tell('update', 'default/podstatus/web', state('Running', { running: {} }));
    await edge.tell('update', 'default/podstatus/web', state('Failed', { running: {} }));
    await edge.ask('query', 'default/node/edge-1');
    expect(cloud.pods()).toHaveLength(1);
    await edge.tell('update', 'default/podstatus/web', state('Succeeded', { terminated: { exitCode: 0 } }));
    const deleted = await edge.waitFor(({ operation }) => operation === 'delete');
    expect(uidOf(deleted)).toBe(uid);
    expect(deleted.resource).toBe('default/pod/web');
    expect(cloud.pods()).toEqual([]);
  });

  test('a late status of a dead pod neither touches nor removes the new one of that name', async () => {
    const cloud = await lab.start(profile);
    const edge = await lab.readyNode(cloud);
    const { uid } = (await cloud.apply(podObject('web'))).metadata;
    await edge.waitFor(({ resource }) => resource === 'default/pod/web');
    await edge.tell('update', 'default/podstatus/web', {
      UID: 'dead',
      Name: 'web',
      Status: { phase: 'Failed' },
    });
    const removal = await edge.waitFor(({ operation }) => operation === 'delete');
    expect(uidOf(removal)).toBe('dead');
    expect(cloud.get('Pod', 'default', 'web')).toMatchObject({
      metadata: { uid },
      status: { phase: 'Pending' },
    });
  });

  test('config maps and secrets go only to nodes whose pods use them', async () => {
    const cloud = await lab.start(profile);
    const user = await lab.readyNode(cloud, 'edge-1');
    const other = await lab.readyNode(cloud, 'edge-2');
    const spec = {
      nodeName: 'edge-1',
      volumes: [{ name: 'v', configMap: { name: 'cm' } }],
      imagePullSecrets: [{ name: 'pull' }],
    };
    await cloud.apply(podObject('web', spec));
    await user.waitFor(({ resource }) => resource === 'default/pod/web');
    const object = (kind: string, name: string) => ({ apiVersion: 'v1', kind, metadata: { name } });
    await cloud.apply({ ...object('ConfigMap', 'unused'), data: { k: 'v' } });
    await cloud.apply({ ...object('ConfigMap', 'cm'), data: { k: 'v1' } });
    await cloud.apply({ ...object('Secret', 'pull'), stringData: { k: 'v' } });
    const map = await user.waitFor(({ resource }) => resource === 'default/configmap/cm');
    expect(map).toMatchObject({ operation: 'insert', content: { data: { k: 'v1' } } });
    const secret = await user.waitFor(({ resource }) => resource === 'default/secret/pull');
    expect(secret).toMatchObject({ operation: 'update', content: { data: { k: 'dg==' }, type: 'Opaque' } });
    await cloud.apply({ ...object('ConfigMap', 'cm'), data: { k: 'v2' } });
    const update = await user.waitFor(
      ({ resource, operation }) => operation === 'update' && resource === 'default/configmap/cm',
    );
    expect(update.content).toMatchObject({ data: { k: 'v2' } });
    await cloud.delete('ConfigMap', 'default', 'cm');
    await user.waitFor(
      ({ resource, operation }) => operation === 'delete' && resource === 'default/configmap/cm',
    );
    await other.ask('query', 'default/node/edge-2');
    const references = (edge: FakeEdge) =>
      edge.received.filter(({ resource }) => /unused|\/cm$|\/pull$/.test(resource));
    expect(references(other)).toEqual([]);
    expect(references(user).filter(({ resource }) => resource.endsWith('unused'))).toEqual([]);
  });

  test('a silent node becomes not ready, and ready again with its next status', async () => {
    const cloud = await lab.start(profile, { nodeGraceMs: 200 });
    const events: string[] = [];
    cloud.on('nodeReady', () => events.push('ready'));
    cloud.on('nodeNotReady', () => events.push('not ready'));
    const edge = await lab.readyNode(cloud);
    await eventually(() => events.length === 2);
    expect(cloud.nodes()[0]?.['status']).toMatchObject({
      conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }],
    });
    await edge.ask('update', 'default/nodestatus/edge-1', { UID: 'x', Status: READY, ExtendResources: null });
    expect(events.slice(0, 3)).toEqual(['ready', 'not ready', 'ready']);
  });

  test('deleting a node closes its connection; an update of it is not answered, a new registration is', async () => {
    const cloud = await lab.start(profile);
    const identity = await join(cloud, 'edge-1');
    const edge = await lab.connect(cloud, 'edge-1', { identity });
    await edge.ask('insert', 'default/nodestatus/edge-1', nodeObject('edge-1'));
    await cloud.delete('Node', '', 'edge-1');
    await edge.connection.closed;
    const again = await lab.connect(cloud, 'edge-1', { identity });
    await again.tell('update', 'default/nodestatus/edge-1', { UID: 'x', Status: READY });
    await again.ask('insert', 'default/nodestatus/edge-1', nodeObject('edge-1'));
    expect(again.received.filter(({ resource }) => resource === 'default/node/edge-1')).toHaveLength(1);
  });
});

describe('only in 2020', () => {
  test('a node that becomes ready gets the lists, services go to every node', async () => {
    const cloud = await lab.start('2020');
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' } },
    };
    await cloud.apply(service);
    await cloud.apply({ ...podObject('web-1'), metadata: { name: 'web-1', labels: { app: 'web' } } });
    await eventually(() => cloud.get('Endpoints', 'default', 'web'));
    const edge = await lab.readyNode(cloud);
    const lists = await eventually(() => {
      const found = edge.received.filter(({ resource }) => /list\//.test(resource));
      return found.length >= 3 ? found : undefined;
    });
    expect(
      lists.map(({ resource, content }) => [resource, Array.isArray(content) ? content.length : content]),
    ).toEqual([
      ['namespace/servicelist/service', 1],
      ['default/podlist/web', 1],
      ['namespace/endpointslist/endpoints', 1],
    ]);
    await cloud.apply({ ...service, metadata: { name: 'second' } });
    await edge.waitFor(
      ({ operation, resource }) => operation === 'insert' && resource === 'default/service/second',
    );
  });

  test('endpoints that change bring the pods behind them', async () => {
    const cloud = await lab.start('2020');
    const edge = await lab.readyNode(cloud);
    const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
    await cloud.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec });
    const listOf = (count: number | null) =>
      edge.waitFor(
        ({ resource, content }) =>
          resource === 'default/podlist/web' &&
          (Array.isArray(content) ? content.length === count : content === count),
      );
    await listOf(null);
    await cloud.apply({ ...podObject('web-1'), metadata: { name: 'web-1', labels: { app: 'web' } } });
    const { uid } = cloud.get('Pod', 'default', 'web-1')!.metadata;
    const status = { phase: 'Running', podIP: '172.17.0.2', conditions: [{ type: 'Ready', status: 'True' }] };
    await edge.tell('update', 'default/podstatus/web-1', { UID: uid, Name: 'web-1', Status: status });
    expect((await listOf(1)).operation).toBe('update');
  });

  test('an object confirmed once is not answered again (measured quirk)', async () => {
    const cloud = await lab.start('2020');
    await cloud.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: {} });
    const edge = await lab.readyNode(cloud);
    await edge.ask('query', 'default/configmap/cm');
    const marker = await edge.ask('query', 'default/node/edge-1');
    const silent = await edge.tell('query', 'default/configmap/cm');
    await edge.ask('query', 'default/node/edge-1');
    expect(edge.received.indexOf(marker)).toBeGreaterThan(0);
    expect(edge.received.filter(({ parentId }) => parentId === silent.id)).toEqual([]);
  });
});

describe('only today', () => {
  test('the modern life of a node and a pod', async () => {
    const cloud = await lab.start('current');
    const edge = await lab.connect(cloud, 'edge-1');
    const created = await edge.ask('insert', 'null/node/edge-1', nodeObject('edge-1'));
    expect(created.content).toMatchObject({ Object: { metadata: { name: 'edge-1' } }, Err: null });
    expect((created.content as { Object: object }).Object).not.toHaveProperty('kind');
    await edge.waitFor(
      ({ operation, resource }) => operation === 'update' && resource === 'null/node/edge-1',
    );
    const patched = await edge.ask('patch', 'null/nodepatch/edge-1', JSON.stringify({ status: READY }));
    expect(patched.content).toMatchObject({
      Err: null,
      Object: { status: { conditions: [{ type: 'Ready' }] } },
    });
    expect(await edge.ask('query', 'kube-node-lease/lease/edge-1')).toMatchObject({
      content: { Object: null, Err: { ErrStatus: { reason: 'NotFound', code: 404 } } },
    });
    const lease = await edge.ask('insert', 'kube-node-lease/lease/edge-1', {
      spec: { holderIdentity: 'edge-1' },
    });
    const { Object: stored } = lease.content as { Object: { metadata: object; spec: object } };
    const renewed = { ...stored, spec: { ...stored.spec, renewTime: '2026-11-23T07:53:58.715130Z' } };
    expect((await edge.ask('update', 'kube-node-lease/lease/edge-1', renewed)).content).toMatchObject({
      Err: null,
    });
    const stale = await edge.ask('update', 'kube-node-lease/lease/edge-1', renewed);
    expect(stale.content).toMatchObject({ Err: { ErrStatus: { reason: 'Conflict' } } });

    const { uid } = (await cloud.apply(podObject('web'))).metadata;
    await edge.waitFor(({ resource }) => resource === 'default/pod/web');
    const patch = (status: object, guard = uid) => JSON.stringify({ metadata: { uid: guard }, status });
    const running = await edge.ask(
      'patch',
      'default/podpatch/web',
      patch({ phase: 'Running', podIPs: [{ ip: '1.2.3.4' }] }),
    );
    expect(running.content).toMatchObject({
      Err: null,
      Object: { status: { phase: 'Running', qosClass: 'BestEffort' } },
    });
    const wrong = await edge.ask('patch', 'default/podpatch/web', patch({ phase: 'Failed' }, 'other'));
    expect(wrong.content).toMatchObject({ Err: { ErrStatus: { reason: 'Conflict', code: 409 } } });

    await cloud.delete('Pod', 'default', 'web');
    await edge.ask('patch', 'default/podpatch/web', patch({ phase: 'Succeeded' }));
    expect(cloud.pods()).toHaveLength(1);
    const options = (target: string) => ({ gracePeriodSeconds: 0, preconditions: { uid: target } });
    expect((await edge.ask('delete', 'default/pod/web', options('other'))).content).toBe('OK');
    expect(cloud.pods()).toHaveLength(1);
    expect((await edge.ask('delete', 'default/pod/web', options(uid))).content).toBe('OK');
    const gone = await edge.waitFor(({ operation }) => operation === 'delete');
    expect(uidOf(gone)).toBe(uid);
    expect((await edge.ask('delete', 'default/pod/web', options(uid))).content).toBe('OK');
  });

  test('the same object is answered as often as it is asked for', async () => {
    const cloud = await lab.start('current');
    await cloud.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: {} });
    const edge = await lab.readyNode(cloud);
    for (let time = 0; time < 3; time++) {
      expect((await edge.ask('query', 'default/configmap/cm')).content).toMatchObject({ kind: 'ConfigMap' });
    }
  });

  test('events, uploads and device reports reach listeners', async () => {
    const cloud = await lab.start('current');
    const seen: unknown[] = [];
    cloud.on('event', ({ event }) => seen.push(event['reason']));
    cloud.on('upload', ({ topic, payload }) => seen.push([topic, payload]));
    cloud.on('deviceReport', ({ resource }) => seen.push(resource));
    cloud.on('deviceReport', () => {
      throw new Error('a listener of no help');
    });
    cloud.on('deviceReport', async () => {
      throw new Error('nor this one');
    });
    const edge = await lab.readyNode(cloud);
    await cloud.apply(deviceObject('d'));
    await edge.tell('insert', 'default/event/e', { reason: 'Started' });
    await edge.ask('update', 'device/default/d/twin/edge_updated', { twin: {} }, 'twin');
    expect(seen).toEqual(['Started', 'device/default/d/twin/edge_updated']);
  });
});
