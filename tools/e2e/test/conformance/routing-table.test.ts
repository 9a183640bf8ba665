import type { CloudProfileName } from '@edgecore/api';
import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nodeConfig } from '../../support/node-config.js';
import { RawHub, type RawLink, type WireMessage } from '../../support/raw-hub.js';

const NODE = 'edge-1';

type Row = readonly [
  id: string,
  source: string,
  group: string,
  operation: string,
  resource: string,
  content: unknown,
  /** What must come back: a confirmation, nothing, or an answer of its own. */
  back: 'ack' | 'nothing' | 'answer',
];

const object = (name: string) => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '7' },
});
const skeleton = (name: string) => ({ metadata: { name, namespace: 'default', uid: `uid-${name}` } });
/** Host processes cannot start it (it has no command): it leaves nothing behind. */
const pod = (name: string) => ({
  ...object(name),
  spec: { nodeName: NODE, dnsPolicy: 'Default', containers: [{ name: 'main', image: 'nobody/has-it:1' }] },
});
const TASK = 'operations.kubeedge.io/v1alpha2/imageprepulljob/job1/node/edge-1';

const edge = ['edgecontroller', 'resource'] as const;
const BOTH: readonly Row[] = [
  ['D1 new', ...edge, 'insert', 'default/pod/a', pod('a'), 'ack'],
  ['D1 changed', ...edge, 'update', 'default/pod/a', pod('a'), 'ack'],
  ['D1 gone', ...edge, 'delete', 'default/pod/a', pod('a'), 'ack'],
  ['D2 new', ...edge, 'insert', 'default/configmap/a', object('a'), 'ack'],
  ['D2 changed', ...edge, 'update', 'default/configmap/a', object('a'), 'ack'],
  ['D2 gone', ...edge, 'delete', 'default/configmap/a', object('a'), 'ack'],
  ['D3 new', ...edge, 'update', 'default/secret/a', object('a'), 'ack'],
  ['D3 gone', ...edge, 'delete', 'default/secret/a', object('a'), 'ack'],
  ['D8 missed', ...edge, 'update', 'default/configmap/b', object('b'), 'ack'],
  ['D8 skeleton', ...edge, 'delete', 'default/pod/b', skeleton('b'), 'ack'],
  // Answers nobody waits for any more.
  ['D25 object', ...edge, 'response', 'default/configmap/late', object('late'), 'ack'],
  ['D25 "OK"', ...edge, 'response', `default/node/${NODE}`, 'OK', 'nothing'],
  [
    'D9',
    'devicecontroller',
    'twin',
    'update',
    'membership',
    { added_devices: [], removed_devices: null },
    'nothing',
  ],
];

const late = { Object: object('x'), Err: null };
const missing = { ErrStatus: { status: 'Failure', reason: 'NotFound', code: 404 } };

/** wire.md §6.1, each row a cloud of that time sends. */
const ROWS: Readonly<Record<CloudProfileName, readonly Row[]>> = {
  '2020': [
    ...BOTH,
    ['D4 service', ...edge, 'insert', 'default/service/a', object('a'), 'ack'],
    ['D4 endpoints', ...edge, 'update', 'default/endpoints/a', object('a'), 'ack'],
    // No cloud waits for these two, but the Go edge confirms them, and so do we (recorded).
    ['D5', ...edge, 'update', 'default/podlist/a', [object('a')], 'ack'],
    ['D6', ...edge, 'update', 'namespace/servicelist/service', null, 'ack'],
    ['D10', 'devicecontroller', 'twin', 'update', 'device/d/twin/cloud_updated', { twin: {} }, 'nothing'],
  ],
  current: [
    ...BOTH,
    ['D7', ...edge, 'update', `null/node/${NODE}`, { metadata: { name: NODE, uid: 'u' } }, 'ack'],
    ['D8 device', ...edge, 'update', 'default/device/d', object('d'), 'ack'],
    ['D11 model', 'devicecontroller', 'resource', 'insert', 'default/devicemodel/m', object('m'), 'ack'],
    ['D11 device', 'devicecontroller', 'resource', 'insert', 'default/device/d', object('d'), 'ack'],
    ['D12', 'devicecontroller', 'twin', 'response', 'twin', 'OK', 'nothing'],
    ['D13', 'dynamiccontroller', 'resource', 'insert', 'default/deployment/a', object('a'), 'ack'],
    [
      'D14',
      'dynamiccontroller',
      'resource',
      'applicationResponse',
      'ignore/Application/ignore',
      {},
      'nothing',
    ],
    ['D14 sync', 'dynamiccontroller', 'resource', 'applicationResponse', 'watchapp/sync', {}, 'nothing'],
    ['D15', 'policycontroller', 'resource', 'insert', 'default/serviceaccountaccess/a', object('a'), 'ack'],
    ['D16', 'taskmanager', 'taskmanager', 'Check', TASK, { imagePrePullTemplate: {} }, 'nothing'],
    ['D17', 'taskmanager', 'taskmanager', 'prepull', 'prepull/t1/node/edge-1', { TaskID: 't1' }, 'nothing'],
    ['D18', 'router_eventbus', 'user', 'subscribe', 'default/topic', null, 'nothing'],
    ['D19', 'router_eventbus', 'user', 'publish', 'default/topic', 'text', 'nothing'],
    ['D20', 'router_servicebus', 'user', 'start', 'http://127.0.0.1:1/', null, 'nothing'],
    ['D21', 'router_servicebus', 'user', 'POST', '8080:/api', { method: 'POST' }, 'nothing'],
    ['D22', 'servicebus', 'user', 'response', 'http://127.0.0.1:1/', 'text', 'nothing'],
    ['D23', 'cloudhub', 'resource', 'createvolume', 'default/volume/v', '{"name":"v"}', 'answer'],
    ['D25 error', ...edge, 'response', 'default/secret/gone', missing, 'nothing'],
    ['D25 lease', ...edge, 'response', `kube-node-lease/lease/${NODE}`, late, 'nothing'],
    ['D24', 'cloudhub', 'resource', 'response', 'k8s/ca.crt', 'PEM', 'nothing'],
  ],
};

/** Answers to what the edge asks, wherever they come after their time. */
const isAnswer = (operation: string) => operation === 'response' || operation === 'applicationResponse';

let hub: RawHub;
let core: EdgeCore | undefined;

beforeEach(async () => {
  hub = await RawHub.start();
});
afterEach(async () => {
  await core?.stop();
  await hub.close();
});

async function start(cloudProfile: CloudProfileName): Promise<RawLink> {
  const config = await nodeConfig({
    dir: await tempDir(),
    nodeName: NODE,
    format: cloudProfile === '2020' ? 'v1alpha1' : 'v1alpha2',
    httpsPort: hub.httpsPort,
    hubPort: hub.hubPort,
    token: hub.token,
    runtime: 'process',
    cloudProfile,
  });
  core = createEdgeCore(config);
  await core.start();
  const link = await eventually(() => hub.links[0], { what: 'a connection' });
  await eventually(() => link.received.length > 0, { what: 'the keepalive' });
  return link;
}

function send(link: RawLink, [id, source, group, operation, resource, content]: Row): void {
  const parent_msg_id = isAnswer(operation) ? 'asked long ago' : '';
  const resourceversion = group === 'resource' ? '7' : '';
  const header = { msg_id: id, parent_msg_id, timestamp: Date.now(), resourceversion };
  link.send({ header, route: { source, group, operation, resource }, content });
}

describe.each(['2020', 'current'] as const)('the routing table of wire.md §6.1, cloud %s', (profile) => {
  test('what must be confirmed is, once; the rest is not; every frame has every key (wire.md §9.2, §9.8)', async () => {
    const link = await start(profile);
    const rows = ROWS[profile];
    for (const row of rows) {
      send(link, row);
      if (row[6] !== 'nothing') {
        await eventually(() => link.answersTo(row[0]).length > 0, { what: `an answer to ${row[0]}` });
      }
    }
    // Ordered behind all of them.
    send(link, ['last', ...edge, 'update', 'default/configmap/last', object('last'), 'ack']);
    await eventually(() => link.answersTo('last').length > 0);

    const back = rows.map(([id]) => [id, link.answersTo(id).map(kindOf)]);
    expect(back).toEqual(
      rows.map(([id, , , , , , expected]) => [id, expected === 'nothing' ? [] : [expected]]),
    );
    expect(link.received.map(keysOf)).toEqual(link.received.map(() => EVERY_KEY));
    expect(link.ended).toBe(false);
    expect(hub.links).toHaveLength(1);
    if (profile === '2020') return;
    // A driver that asks for a volume hears that there is none (wire.md §6.2 U23).
    expect(link.answersTo('D23')).toMatchObject([
      {
        route: { operation: 'error', resource: 'default/volume/v' },
        content: expect.stringContaining('CSI driver csi-hostpath is not registered'),
      },
    ]);
    // A node that takes no tasks says so, or the cloud would wait for it (edgehub.md §8).
    const refusals = link.received.filter(({ route }) =>
      /UpdateNodeActionStatus|prepull/.test(route.operation),
    );
    expect(refusals.map(({ route }) => route.resource)).toEqual([TASK, 'task/t1/node/edge-1']);
  });
});

const EVERY_KEY = {
  message: ['content', 'header', 'route'],
  header: ['msg_id', 'parent_msg_id', 'resourceversion', 'sync', 'timestamp'],
  route: ['group', 'operation', 'resource', 'source'],
};

function keysOf(message: WireMessage) {
  const keys = (value: object) => Object.keys(value).sort();
  return { message: keys(message), header: keys(message.header), route: keys(message.route) };
}

function kindOf({ route, content }: WireMessage): string {
  return route.operation === 'response' && content === 'OK' ? 'ack' : 'answer';
}
