import { profile2020, type TokenRequest } from '@edgecore/api';
import type { MetaClient } from '@edgecore/metaclient';
import { describe, expect, test } from '@jest/globals';
import { type Answer, fromCloud, fromDatabase, setUp } from './support.js';

const object = { metadata: { name: 'n' } };
const resp = fromCloud({ Object: object, Err: null });
const ok = fromCloud('OK');
const pod = { namespace: 'default', name: 'web', uid: 'u-1' };
const status = { UID: 'u-1', Name: 'web', Status: { phase: 'Running' } };
const nodeStatus = { UID: 'x', Status: {}, ExtendResources: null };
const token: TokenRequest = {
  metadata: { creationTimestamp: null },
  spec: { audiences: null, expirationSeconds: 3607, boundObjectRef: null },
  status: { token: '', expirationTimestamp: null },
};
const granted = { ...token, status: { token: 'ey.a.b', expirationTimestamp: '2026-11-23T08:00:00Z' } };

type Row = readonly [
  what: string,
  cloud: '2020' | 'current',
  call: (client: MetaClient) => Promise<unknown>,
  answer: Answer,
  operation: string,
  resource: string,
  content: unknown,
];

/** metamanager.md §8 and edged.md §10, §11: what each call looks like on the bus. */
const FORMS: readonly Row[] = [
  ['pod deletion', '2020', (c) => c.pods.delete(pod), ok, 'delete', 'default/pod/web', 'u-1'],
  [
    'pod deletion',
    'current',
    (c) => c.pods.delete(pod),
    ok,
    'delete',
    'default/pod/web',
    { gracePeriodSeconds: 0, preconditions: { uid: 'u-1' } },
  ],
  [
    'mirror pod',
    'current',
    (c) => c.pods.create({ metadata: { namespace: 'ns', name: 'n' } }),
    resp,
    'insert',
    'ns/pod/n',
    { metadata: { namespace: 'ns', name: 'n' } },
  ],
  ['pod', 'current', (c) => c.pods.get('ns', 'n'), fromCloud(object), 'query', 'ns/pod/n', null],
  ['pod status', '2020', (c) => c.podStatus.update('ns', status), ok, 'update', 'ns/podstatus/web', status],
  [
    'pod patch',
    'current',
    (c) => c.podStatus.patch('ns', 'web', { metadata: { uid: 'u-1' }, status: {} }),
    resp,
    'patch',
    'ns/podpatch/web',
    '{"metadata":{"uid":"u-1"},"status":{}}',
  ],
  ['registration', '2020', (c) => c.node.register('n', object), ok, 'insert', 'default/nodestatus/n', object],
  [
    'node status',
    '2020',
    (c) => c.node.updateStatus('n', nodeStatus),
    ok,
    'update',
    'default/nodestatus/n',
    nodeStatus,
  ],
  ['node', '2020', (c) => c.node.get('n'), fromCloud(object), 'query', 'default/node/n', null],
  ['node', 'current', (c) => c.node.get('n'), fromCloud(object), 'query', 'null/node/n', null],
  ['node update', '2020', (c) => c.node.update('n', object), ok, 'update', 'default/node/n', object],
  ['node creation', 'current', (c) => c.node.insert('n', object), resp, 'insert', 'null/node/n', object],
  ['node patch', 'current', (c) => c.node.patch('n', {}), resp, 'patch', 'null/nodepatch/n', '{}'],
  ['lease', 'current', (c) => c.lease.get('ns', 'n'), resp, 'query', 'ns/lease/n', null],
  ['lease', 'current', (c) => c.lease.create('ns', 'n', object), resp, 'insert', 'ns/lease/n', object],
  ['lease', 'current', (c) => c.lease.update('ns', 'n', object), resp, 'update', 'ns/lease/n', object],
  [
    'config map',
    '2020',
    (c) => c.configMaps.get('ns', 'n'),
    fromCloud(object),
    'query',
    'ns/configmap/n',
    null,
  ],
  ['secret', 'current', (c) => c.secrets.get('ns', 'n'), fromCloud(object), 'query', 'ns/secret/n', null],
  [
    'volume',
    '2020',
    (c) => c.persistentVolumes.get('n'),
    fromCloud(object),
    'query',
    'default/persistentvolume/n',
    null,
  ],
  [
    'volume',
    'current',
    (c) => c.persistentVolumes.get('n'),
    fromCloud(object),
    'query',
    'null/persistentvolume/n',
    null,
  ],
  [
    'claim',
    'current',
    (c) => c.persistentVolumeClaims.get('ns', 'n'),
    fromCloud(object),
    'query',
    'ns/persistentvolumeclaim/n',
    null,
  ],
  [
    'token',
    'current',
    (c) => c.serviceAccountTokens.request('ns', 'default', token),
    fromCloud(granted),
    'query',
    'ns/serviceaccounttoken/default',
    token,
  ],
  [
    'event',
    'current',
    (c) => c.events.create('ns', 'e', object),
    () => undefined,
    'insert',
    'ns/event/e',
    object,
  ],
  [
    'event',
    'current',
    (c) => c.events.patch('ns', 'e', object, { count: 2 }),
    () => undefined,
    'patch',
    'ns/event/e',
    { event: object, patchData: '{"count":2}' },
  ],
];

describe('the form of each request', () => {
  test.each(FORMS)('%s, %s', async (_what, cloud, call, answer, operation, resource, content) => {
    const { client, seen, close } = setUp(cloud, answer);
    await call(client);
    await close();
    expect(seen).toEqual([
      expect.objectContaining({ source: 'edged', group: 'meta', operation, resource, content }),
    ]);
  });

  const MODERN: Record<string, (client: MetaClient) => Promise<unknown>> = {
    'pod patch': (c) => c.podStatus.patch('ns', 'web', {}),
    'mirror pod': (c) => c.pods.create({ metadata: { namespace: 'ns', name: 'n' } }),
    'node creation': (c) => c.node.insert('n', object),
    'node patch': (c) => c.node.patch('n', {}),
    lease: (c) => c.lease.get('ns', 'n'),
    token: (c) => c.serviceAccountTokens.request('ns', 'default', token),
  };
  test.each(Object.entries(MODERN))('%s is never sent to a 2020 cloud', async (_what, call) => {
    const { client, seen, close } = setUp('2020', ok);
    await expect(call(client)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED_BY_CLOUD' });
    await expect(client.events.create('ns', 'e', object)).resolves.toBe(false);
    await close();
    expect(seen).toEqual([]);
  });

  test('source, group and the register namespace are options', async () => {
    const { client, seen, close } = setUp('2020', ok, {
      source: 'edgemesh',
      group: 'mesh',
      registerNamespace: 'kube',
    });
    await client.node.updateStatus('n', nodeStatus);
    await close();
    expect(seen[0]).toMatchObject({ source: 'edgemesh', group: 'mesh', resource: 'kube/nodestatus/n' });
  });

  test('a form that depends on the cloud waits for the decision, within the deadline', async () => {
    const { client, link, seen, close } = setUp('undecided', fromCloud(object), { timeoutMs: 50 });
    await expect(client.node.get('n')).rejects.toMatchObject({ code: 'ERR_CLOUD_UNDECIDED' });
    expect(seen).toEqual([]);
    const got = client.node.get('n');
    link.set({ profile: profile2020 });
    await got;
    await close();
    expect(seen.map((message) => message.resource)).toEqual(['default/node/n']);
  });

  test('what MetaManager can do alone does not wait for it: deletions are kept, tokens may be stored', async () => {
    const { client, seen, close } = setUp('undecided', ({ operation }) =>
      operation === 'delete' ? ok({} as never) : fromDatabase([JSON.stringify(granted)])({} as never),
    );
    await client.pods.delete(pod);
    await expect(client.serviceAccountTokens.request('ns', 'default', token)).resolves.toEqual(granted);
    await close();
    expect(seen.map(({ operation }) => operation)).toEqual(['delete', 'query']);
  });

  test('each try has an id of its own and no try is repeated', async () => {
    const { client, seen, close } = setUp('2020', () => undefined, { timeoutMs: 20 });
    for (const _ of [1, 2]) {
      await expect(client.configMaps.get('ns', 'n')).rejects.toMatchObject({
        code: 'ERR_REQUEST_TIMEOUT',
        phase: 'reply',
      });
    }
    await close();
    expect(new Set(seen.map((message) => message.id)).size).toBe(2);
    expect(seen).toHaveLength(2);
  });

  test('a signal ends the wait', async () => {
    const { client, close } = setUp('2020', () => undefined);
    const end = new AbortController();
    const waiting = client.configMaps.get('ns', 'n', end.signal);
    end.abort(new Error('no longer needed'));
    await expect(waiting).rejects.toThrow('no longer needed');
    await close();
  });
});
