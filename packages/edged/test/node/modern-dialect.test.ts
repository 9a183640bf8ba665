import { isRecord, profile2020, profileCurrent } from '@edgecore/api';
import { createMessage } from '@edgecore/beehive';
import { afterEach, describe, expect, test } from '@jest/globals';
import { settled } from '../support/fake-clock.js';
import { FakeCloud, failure, NODE, NODE_UID, notFound, OFFLINE, SILENCE } from '../support/fake-cloud.js';

let cloud: FakeCloud;
afterEach(() => cloud.stop());

const LEASE = `kube-node-lease/lease/${NODE}`;
const patches = () => cloud.of('nodepatch').map(({ content }) => JSON.parse(content as string));
const condition = (type: string) => {
  const { conditions } = (cloud.node as { status: { conditions: Record<string, string>[] } }).status;
  return conditions.find((one) => one['type'] === type)!;
};

describe('modern node reporting', () => {
  test('lease query, node insert, lease with the uid, renewals (acceptance 3)', async () => {
    cloud = await new FakeCloud('current').start();
    await cloud.clock.advance(30_000);
    expect(cloud.routes()[0]).toBe(`query ${LEASE}`);
    expect(cloud.routes()[1]).toBe(`insert null/node/${NODE}`);
    expect(cloud.routes('lease')).toEqual([
      `query ${LEASE}`,
      `query ${LEASE}`,
      `insert ${LEASE}`,
      ...Array(3).fill(`update ${LEASE}`),
    ]);
    const [insert, ...updates] = cloud.of('lease').slice(2);
    expect(insert!.content).toEqual({
      metadata: {
        name: NODE,
        namespace: 'kube-node-lease',
        creationTimestamp: null,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: NODE, uid: NODE_UID }],
      },
      spec: { holderIdentity: NODE, leaseDurationSeconds: 40, renewTime: '2026-11-23T08:00:00.000000Z' },
    });
    expect(updates.map(({ at }) => at - insert!.at)).toEqual([10_000, 20_000, 30_000]);
    expect(updates[2]!.content).toMatchObject({
      metadata: { resourceVersion: expect.any(String) },
      spec: { renewTime: '2026-11-23T08:00:30.000000Z' },
    });
  });

  test('nothing changes: a heartbeat after five minutes, no daemonEndpoints ever', async () => {
    cloud = await new FakeCloud('current').start();
    expect(patches()).toEqual([{}]);
    await cloud.clock.advance(299_999);
    expect(patches()).toHaveLength(1);
    await cloud.clock.advance(1);
    const types = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({ type }));
    expect(patches()[1]).toEqual({
      status: {
        '$setElementOrder/conditions': types,
        conditions: types.map(({ type }) => ({ type, lastHeartbeatTime: '2026-11-23T08:05:00Z' })),
      },
    });
    expect(JSON.stringify(cloud.of('nodepatch').map(({ content }) => content))).not.toContain(
      'daemonEndpoints',
    );
  });

  test('a change goes up with the next look, with its true transition time', async () => {
    cloud = await new FakeCloud('current').start();
    cloud.engine = async () => ({ ready: false, reason: 'socket closed' });
    await cloud.clock.advance(10_000);
    expect(condition('Ready')).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'container runtime is down: socket closed',
      lastTransitionTime: '2026-11-23T08:00:10Z',
    });
    cloud.engine = async () => ({ ready: true });
    await cloud.clock.advance(20_000);
    expect(condition('Ready')).toMatchObject({ status: 'True', lastTransitionTime: '2026-11-23T08:00:20Z' });
    expect(patches()).toHaveLength(3);
  });

  test('volumes in use go up as a whole list, and are taken away; attached ones are the cloud’s', async () => {
    const volumes = ['kubernetes.io/csi/d^a', 'kubernetes.io/csi/d^b'];
    cloud = await new FakeCloud('current').start();
    (cloud.node!['status'] as Record<string, unknown>)['volumesAttached'] = [
      { name: volumes[0], devicePath: '' },
    ];
    for (const inUse of [volumes, volumes.slice(1), []]) {
      cloud.volumesInUse = inUse;
      await cloud.clock.advance(10_000);
    }
    const sent = patches().slice(1);
    expect(sent.map(({ status }) => status.volumesInUse)).toEqual([volumes, volumes.slice(1), null]);
    expect(cloud.node!['status']).toMatchObject({ volumesAttached: [{ name: volumes[0] }] });
    expect(cloud.node!['status']).not.toHaveProperty('volumesInUse');
  });

  test('a new address replaces the whole list', async () => {
    cloud = await new FakeCloud('current').start();
    cloud.host.addressList = [{ interface: 'eth0', address: '10.9.9.9', family: 'IPv4', internal: false }];
    await cloud.clock.advance(10_000);
    expect(patches()[1].status.addresses).toEqual([
      { $patch: 'replace' },
      { type: 'InternalIP', address: '10.9.9.9' },
      { type: 'Hostname', address: NODE },
    ]);
    expect(cloud.node).toMatchObject({ status: { addresses: patches()[1].status.addresses.slice(1) } });
  });

  test('the node exists already: reported completely, its old transition times kept', async () => {
    cloud = new FakeCloud('current', { nodeLabels: { site: 'roof' } });
    cloud.node = {
      metadata: { name: NODE, uid: NODE_UID, resourceVersion: '7' },
      status: {
        conditions: [
          { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
          { type: 'NetworkUnavailable', status: 'False' },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: 10351 } },
      },
    };
    cloud.script = ({ operation, resource }) =>
      operation === 'query' && resource === `null/node/${NODE}` ? [JSON.stringify(cloud.node)] : undefined;
    await cloud.start();
    expect(condition('Ready')).toMatchObject({ lastTransitionTime: '2026-01-01T00:00:00Z' });
    expect(condition('NetworkUnavailable')).toEqual({ type: 'NetworkUnavailable', status: 'False' });
    expect(cloud.node).toMatchObject({
      status: { capacity: { cpu: '2' }, daemonEndpoints: { kubeletEndpoint: { Port: 10351 } } },
    });
    expect(cloud.routes('lease').at(-1)).toBe(`insert ${LEASE}`);
  });

  test('the node is deleted in the cloud: registered again, the lease gets the new owner', async () => {
    cloud = await new FakeCloud('current').start();
    cloud.node = undefined;
    cloud.lease = undefined;
    await cloud.clock.advance(310_000);
    expect(cloud.routes('node')).toEqual([`insert null/node/${NODE}`, `insert null/node/${NODE}`]);
    expect(cloud.lease).toBeDefined();
  });

  test.each([
    ['refused', failure('Forbidden', 403)],
    ['the unknown error', {}],
  ])('registration fails (%s): again after a period, no patch before', async (_what, err) => {
    cloud = new FakeCloud('current');
    let tries = 0;
    cloud.script = ({ resource }) =>
      resource === `null/node/${NODE}` && ++tries < 3 ? { Object: null, Err: err } : undefined;
    await cloud.start();
    await cloud.clock.advance(19_000);
    expect(cloud.of('nodepatch')).toHaveLength(0);
    await cloud.clock.advance(1000);
    expect(cloud.of('node').map(({ at }) => at - cloud.sent[0]!.at)).toEqual([0, 10_000, 20_000]);
    expect(cloud.of('nodepatch')).toHaveLength(1);
  });

  test('a lease conflict: looked at again, then updated, at most five tries', async () => {
    cloud = await new FakeCloud('current').start();
    let conflicts = 0;
    cloud.script = ({ operation, resource }) =>
      operation === 'update' && resource === LEASE && ++conflicts <= 2
        ? { Object: null, Err: failure('Conflict', 409) }
        : undefined;
    await cloud.clock.advance(11_000);
    expect(cloud.routes('lease').slice(3)).toEqual(
      ['update', 'query', 'update', 'query', 'update'].map((operation) => `${operation} ${LEASE}`),
    );
    cloud.script = ({ resource }) => (resource === LEASE ? { Object: null, Err: {} } : undefined);
    const before = cloud.of('lease').length;
    await cloud.clock.advance(12_000);
    expect(cloud.of('lease').length - before).toBe(5);
  });

  test('a patch nobody answers does not hold up the lease', async () => {
    cloud = new FakeCloud('current');
    cloud.script = ({ resource }) => (resource === `null/nodepatch/${NODE}` ? SILENCE : undefined);
    await cloud.start();
    await cloud.clock.advance(30_000);
    expect(cloud.routes('lease').filter((route) => route.startsWith('update'))).toHaveLength(3);
  });

  test('the cloud changed the node (push): the next look repairs it; an older push does not count', async () => {
    cloud = await new FakeCloud('current').start();
    const push = (version: string, status: string) => {
      const node = structuredClone(cloud.node) as { metadata: object; status: { conditions: object[] } };
      node.metadata = { ...node.metadata, resourceVersion: version };
      node.status.conditions = [{ type: 'Ready', status, reason: 'NodeStatusUnknown' }];
      return createMessage({ operation: 'update', resource: `null/node/${NODE}`, content: node });
    };
    expect(cloud.reporter.handle(push('1', 'Unknown'))).toBe(true);
    await cloud.clock.advance(10_000);
    expect(patches()).toHaveLength(1);
    cloud.reporter.handle(push('999', 'Unknown'));
    await cloud.clock.advance(10_000);
    const ready = patches()[1].status.conditions.find(
      (one: unknown) => isRecord(one) && one['type'] === 'Ready',
    );
    expect(ready).toMatchObject({ status: 'True', reason: 'EdgeReady' });
  });

  test('after a lost connection the first patch is complete', async () => {
    cloud = await new FakeCloud('current').start();
    cloud.link.set({ connected: false });
    await cloud.clock.advance(60_000);
    const before = cloud.sent.length;
    cloud.link.set({ connected: true });
    await settled();
    expect(cloud.sent.length).toBeGreaterThan(before);
    expect(cloud.routes('node')).toHaveLength(1);
    expect(patches()[1]).toMatchObject({
      status: { capacity: { cpu: '2' }, nodeInfo: { machineID: '3d12c0ffee' } },
    });
  });

  test('registerNode false: patches of a node that does not exist stay at their period', async () => {
    cloud = await new FakeCloud('current', { registerNode: false }).start();
    await cloud.clock.advance(30_000);
    expect(cloud.routes('node')).toEqual([]);
    expect(cloud.of('nodepatch').map(({ at }) => at - cloud.sent[0]!.at)).toEqual([
      0, 10_000, 20_000, 30_000,
    ]);
  });

  test('registration offline in between is not given up', async () => {
    cloud = new FakeCloud('current');
    cloud.script = () => OFFLINE;
    await cloud.start();
    cloud.script = () => undefined;
    await cloud.clock.advance(10_000);
    expect(cloud.node).toBeDefined();
  });
});

describe('which dialect (acceptance 4)', () => {
  test('undecided: nothing is sent', async () => {
    cloud = await new FakeCloud('undecided').start();
    await cloud.clock.advance(60_000);
    expect(cloud.sent).toEqual([]);
    cloud.link.set({ profile: profileCurrent });
    await settled();
    expect(cloud.routes()[0]).toBe(`query ${LEASE}`);
  });

  test('another profile after a reconnect: the other dialect', async () => {
    cloud = await new FakeCloud('2020').start();
    cloud.link.set({ connected: false });
    cloud.link.set({ profile: profileCurrent });
    cloud.link.set({ connected: true });
    await settled();
    expect(cloud.routes('node')).toEqual([`insert null/node/${NODE}`]);
    cloud.link.set({ profile: profile2020 });
    await settled();
    const count = cloud.of('lease').length;
    await cloud.clock.advance(20_000);
    expect(cloud.of('lease')).toHaveLength(count);
    expect(cloud.routes('nodestatus').filter((route) => route.startsWith('insert'))).toHaveLength(2);
  });

  test('nothing while disconnected', async () => {
    cloud = new FakeCloud('current');
    cloud.link.set({ connected: false });
    await cloud.start();
    await cloud.clock.advance(60_000);
    expect(cloud.sent).toEqual([]);
  });
});

test('unknown not-found answers of the lease are not mistaken for the node', async () => {
  cloud = new FakeCloud('current');
  cloud.script = ({ operation, resource }) =>
    resource === LEASE && operation !== 'query' ? { Object: null, Err: notFound } : undefined;
  await cloud.start();
  await cloud.clock.advance(30_000);
  expect(cloud.routes('node')).toHaveLength(1);
});
