import type { Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { type FakeEdge, join, podObject } from '../fake-edge.js';
import { Lab } from '../lab.js';

const lab = new Lab();

interface Answer {
  readonly Status: string;
  readonly RespBody: string | null;
  readonly Error: { readonly ErrStatus: { readonly code?: number; readonly message?: string } };
}

function application(ID: string, Verb: string, Key: string, option: object = {}) {
  return {
    ID,
    Key,
    Verb,
    Option: Buffer.from(JSON.stringify(option)).toString('base64'),
    Status: 'InApplying',
  };
}

async function apply(edge: FakeEdge, ...args: Parameters<typeof application>): Promise<Answer> {
  return (await edge.ask('null', 'null', application(...args), 'metaserver')).content as Answer;
}

/** Tells the cloud which watches live. */
async function keep(edge: FakeEdge, watches: Record<string, unknown>): Promise<unknown> {
  return (await edge.ask('null', 'watchapp/sync', watches, 'metaserver')).content;
}

const names = ({ RespBody }: Answer) =>
  (
    JSON.parse(Buffer.from(RespBody!, 'base64').toString()) as { items: { metadata: { name: string } }[] }
  ).items.map(({ metadata }) => metadata.name);

const service = (name: string, labels: Record<string, string> = {}, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels },
  spec: { ports: [{ port: 80 }] },
});

/** What watches brought, e.g. `insert default/service/web`. */
const seen = (edge: FakeEdge) =>
  edge.received
    .filter(({ source, operation }) => source === 'dynamiccontroller' && operation !== 'applicationResponse')
    .map(({ operation, resource }) => `${operation} ${resource}`);

const SERVICES = '/core/v1/services/null/null';

test('lists by namespace and labels, and of pods', async () => {
  const cloud = await lab.start('current');
  const edge = await lab.readyNode(cloud);
  await cloud.apply(service('a', { app: 'x' }));
  await cloud.apply(service('b', {}, 'other'));
  await cloud.apply({ ...podObject('web-1'), metadata: { name: 'web-1', labels: { app: 'x' } } });
  expect(names(await apply(edge, '1', 'list', SERVICES))).toEqual(['a', 'kubernetes', 'b']);
  expect(names(await apply(edge, '2', 'list', '/core/v1/services/other/null'))).toEqual(['b']);
  const selected = { labelSelector: 'app in (x,y)' };
  expect(names(await apply(edge, '3', 'list', SERVICES, selected))).toEqual(['a']);
  expect(names(await apply(edge, '4', 'list', '/core/v1/pods/default/null', selected))).toEqual(['web-1']);
});

test('a watch with a selector: inserts, updates, deletes, each to be confirmed; then it is ended', async () => {
  const cloud = await lab.start('current');
  const edge = await lab.readyNode(cloud);
  await cloud.apply(service('a', { app: 'x' }));
  await cloud.apply(service('b'));
  await apply(edge, 'w', 'watch', SERVICES, { watch: true, labelSelector: 'app=x' });
  expect(seen(edge)).toEqual(['insert default/service/a']);
  await cloud.apply({ ...service('a', { app: 'x' }), spec: { ports: [{ port: 81 }] } });
  await cloud.apply(service('b', { app: 'x' }));
  await cloud.apply(service('c'));
  await eventually(() => seen(edge).length === 3);
  await cloud.apply(service('b'));
  await eventually(() => seen(edge).length === 4);
  // Back in sight at once, whether or not its leaving is confirmed.
  await cloud.apply(service('b', { app: 'x' }));
  await eventually(() => seen(edge).length === 5);
  await cloud.delete('Service', 'default', 'a');
  await eventually(() => seen(edge).length === 6);
  expect(seen(edge)).toEqual([
    'insert default/service/a',
    'update default/service/a',
    'insert default/service/b',
    'delete default/service/b',
    'insert default/service/b',
    'delete default/service/a',
  ]);
  const isUpdate = ({ operation, resource }: Message) =>
    operation === 'update' && resource === 'default/service/a';
  expect(edge.received.find(isUpdate)).toMatchObject({
    group: 'resource',
    content: { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 81 }] } },
  });

  expect(await keep(edge, {})).toEqual({});
  await cloud.apply(service('d', { app: 'x' }));
  await apply(edge, '1', 'list', SERVICES);
  expect(seen(edge)).toHaveLength(6);
});

test('several watches tell a change once; the set of them is what the node says', async () => {
  const cloud = await lab.start('current');
  const edge = await lab.readyNode(cloud);
  await cloud.apply(service('a'));
  const every = seen(edge);
  await apply(edge, 'all', 'watch', SERVICES);
  await apply(edge, 'all', 'watch', SERVICES);
  await apply(edge, 'default', 'watch', '/core/v1/services/default/null');
  await cloud.apply({ ...service('a'), spec: { ports: [{ port: 81 }] } });
  await eventually(() => seen(edge).length >= 3);
  await apply(edge, '1', 'list', SERVICES);
  expect([every, ...seen(edge)]).toEqual([
    [],
    'insert default/service/a',
    'insert default/service/kubernetes',
    'update default/service/a',
  ]);

  const failed = await keep(edge, {
    default: application('default', 'watch', '/core/v1/services/default/null'),
    bad: application('bad', 'watch', '/apps/v1/deployments/null/null'),
    worse: 7,
  });
  expect(failed).toMatchObject({ bad: { Status: 'Rejected', Error: { ErrStatus: { code: 404 } } } });
  await cloud.apply(service('elsewhere', {}, 'other'));
  await cloud.apply(service('here'));
  await eventually(() => seen(edge).includes('insert default/service/here'));
  expect(seen(edge)).not.toContain('insert other/service/elsewhere');
});

test('the watch ends with the connection; what changed meanwhile comes once the node asks again', async () => {
  const cloud = await lab.start('current');
  const identity = await join(cloud, 'edge-1');
  const edge = await lab.connect(cloud, 'edge-1', { identity });
  await apply(edge, 'w', 'watch', SERVICES);
  await edge.close();
  await eventually(() => !cloud.isConnected('edge-1'));
  await cloud.apply(service('a'));
  const again = await lab.connect(cloud, 'edge-1', { identity });
  await cloud.apply(service('b'));
  await again.ask('query', 'default/configmap/none');
  expect(seen(again)).toEqual([]);
  await apply(again, 'w', 'watch', SERVICES);
  await eventually(() => seen(again).length === 3);
  // A second connection takes the place of the first, whose watch is none of it.
  const third = await lab.connect(cloud, 'edge-1', { identity });
  await cloud.apply(service('c'));
  await third.ask('query', 'default/configmap/none');
  expect(seen(third)).toEqual([]);
  expect(seen(again)).toHaveLength(3);
});

test('what it does not know is refused, garbage too, and the connection lives on', async () => {
  const cloud = await lab.start('current');
  const edge = await lab.readyNode(cloud);
  const refused = async (content: unknown) =>
    ((await edge.ask('null', 'null', content, 'metaserver')).content as Answer).Error.ErrStatus;
  expect(await refused(application('1', 'create', SERVICES))).toMatchObject({ code: 405 });
  expect(await refused(application('1', 'list', '/apps/v1/deployments/null/null'))).toMatchObject({
    code: 404,
    message: expect.stringContaining('services, endpoints, pods'),
  });
  for (const garbage of [null, 7, 'text', [], {}, { Key: 3, Verb: {}, Option: [] }]) {
    expect(await refused(garbage)).toMatchObject({ code: 400 });
  }
  expect(await refused(application('', 'watch', SERVICES))).toMatchObject({ code: 400 });
  expect(await keep(edge, { x: null })).toMatchObject({ '': { Status: 'Rejected' } });
  expect(await apply(edge, '2', 'get', '/core/v1/services/default/kubernetes')).toMatchObject({
    Status: 'Approved',
  });
});

test('switched off, and in 2020, nothing is answered', async () => {
  for (const cloud of [await lab.start('current', { dynamicController: false }), await lab.start('2020')]) {
    const edge = await lab.readyNode(cloud);
    const asked = await edge.tell('null', 'null', application('1', 'list', SERVICES), 'metaserver');
    await edge.ask('query', 'default/node/edge-1');
    expect(edge.received.filter(({ parentId }) => parentId === asked.id)).toEqual([]);
    expect(cloud.get('Service', 'default', 'kubernetes')).toBeUndefined();
  }
});
