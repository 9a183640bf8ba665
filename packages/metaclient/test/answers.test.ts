import { isNotFound } from '@edgecore/api';
import { describe, expect, test } from '@jest/globals';
import { fromCloud, fromDatabase, notFound, setUp } from './support.js';

const map = { metadata: { name: 'cm', namespace: 'ns' }, data: { k: 'v' } };

async function getConfigMap(answer: Parameters<typeof setUp>[1]) {
  const { client, close } = setUp('current', answer);
  try {
    return await client.configMaps.get('ns', 'cm');
  } finally {
    await close();
  }
}

describe('the answer to a query', () => {
  test.each([
    ['an array of one text from the database', fromDatabase([JSON.stringify(map)])],
    ['an object from the cloud', fromCloud(map)],
    ['an ObjectResp', fromCloud({ Object: map, Err: null })],
  ])('%s is the object', async (_what, answer) => {
    await expect(getConfigMap(answer)).resolves.toEqual(map);
  });

  test.each([
    ['no row', fromDatabase([])],
    ['a nil slice of upstream', fromDatabase(null)],
    ['ErrStatus of the cloud', fromCloud(notFound)],
    ['ObjectResp with Err', fromCloud({ Object: { metadata: { creationTimestamp: null } }, Err: notFound })],
  ])('%s is "not found"', async (_what, answer) => {
    const error: unknown = await getConfigMap(answer).catch((reason: unknown) => reason);
    expect(isNotFound(error)).toBe(true);
  });

  test.each([
    ['two rows', fromDatabase(['{}', '{}']), 'ERR_INVALID_ANSWER', 'configmap length from meta db is 2'],
    ['a row that is not JSON', fromDatabase(['{']), 'ERR_INVALID_ANSWER', 'not JSON'],
    ['an object without a name', fromCloud({ data: {} }), 'ERR_INVALID_ANSWER', 'metadata.name'],
    ['a text', fromCloud('OK'), 'ERR_INVALID_ANSWER', 'metadata.name'],
    ['nothing, from the cloud', fromCloud(null), 'ERR_INVALID_ANSWER', 'metadata.name'],
    ['the empty error', fromCloud({}), 'ERR_KUBE_STATUS', 'without a text'],
    ['an unknown Err', fromCloud({ Object: map, Err: {} }), 'ERR_KUBE_STATUS', 'without a text'],
    [
      'an error message',
      () => ({ operation: 'error', content: 'failed to query meta in DB: x' }),
      'ERR_ERROR_RESPONSE',
      'query meta',
    ],
    [
      'the offline text',
      () => ({ operation: 'error', content: 'failed to process remote: not connected' }),
      'ERR_NOT_CONNECTED',
      'not connected',
    ],
  ] as const)('%s is an error', async (_what, answer, code, text) => {
    await expect(getConfigMap(answer)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });
});

describe('the start-up list', () => {
  test('parses what it can and tells of the rest', async () => {
    const pods = [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }];
    const rows = [JSON.stringify(pods[0]), '{broken', JSON.stringify({ spec: {} }), JSON.stringify(pods[1])];
    const { client, seen, close } = setUp('2020', fromDatabase(rows), { registerNamespace: 'reg' });
    const list = await client.pods.list();
    await close();
    expect(list.items).toEqual(pods);
    expect(list.errors.map(({ index, error }) => [index, error.code])).toEqual([
      [1, 'ERR_INVALID_ANSWER'],
      [2, 'ERR_INVALID_ANSWER'],
    ]);
    expect(seen[0]).toMatchObject({ operation: 'query', resource: 'reg/pod' });
  });

  test.each([null, []])('%j is no pods', async (content) => {
    const { client, close } = setUp('current', fromDatabase(content));
    await expect(client.pods.list()).resolves.toEqual({ items: [], errors: [] });
    await close();
  });

  test('anything but a list is an error', async () => {
    const { client, close } = setUp('current', fromDatabase('what'));
    await expect(client.pods.list()).rejects.toMatchObject({ code: 'ERR_INVALID_ANSWER' });
    await close();
  });
});

describe('confirmations', () => {
  const refused = { ErrStatus: { reason: 'Forbidden', code: 403, message: 'no' } };
  test.each([
    ['the empty text of a 2020 cloud', '', 'ERR_INVALID_ANSWER', 'refused without a reason'],
    ['an error text', 'nodes is forbidden', 'ERR_INVALID_ANSWER', 'nodes is forbidden'],
    ['an ErrStatus', refused, 'ERR_KUBE_STATUS', 'no'],
    ['the empty error', {}, 'ERR_KUBE_STATUS', 'without a text'],
  ])('%s is a refusal', async (_what, content, code, text) => {
    const { client, close } = setUp('2020', fromCloud(content));
    await expect(client.node.register('n', {})).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
    await close();
  });

  test('a pod report that is kept for later says so', async () => {
    const { client, close } = setUp('current', () => ({
      operation: 'error',
      content: 'connection lost between EdgeCore and CloudCore',
    }));
    const status = { UID: 'u', Name: 'p', Status: {} };
    await expect(client.podStatus.update('ns', status)).rejects.toMatchObject({ code: 'ERR_NOT_CONNECTED' });
    await close();
  });

  test('a token from the database, and one without a token', async () => {
    const request = {
      metadata: { creationTimestamp: null },
      spec: { audiences: null, expirationSeconds: null, boundObjectRef: null },
      status: { token: '', expirationTimestamp: null },
    };
    const stored = { ...request, status: { token: 't', expirationTimestamp: null } };
    const good = setUp('current', fromDatabase([JSON.stringify(stored)]));
    await expect(good.client.serviceAccountTokens.request('ns', 'sa', request)).resolves.toEqual(stored);
    await good.close();
    const empty = setUp('current', fromCloud(request));
    await expect(empty.client.serviceAccountTokens.request('ns', 'sa', request)).rejects.toMatchObject({
      code: 'ERR_INVALID_ANSWER',
    });
    await empty.close();
  });
});
