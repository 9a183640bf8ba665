import type { Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { errStatus, pod, startRig } from './support.js';

const CLOUDS = ['2020', 'current'] as const;
const asRow = (value: unknown) => JSON.stringify(value);
const query = (resource: string) => ({ operation: 'query', resource });
const OWN_NAME = { '2020': 'metaManager', current: 'metamanager' } as const;

describe.each(CLOUDS)('queries without a cloud (%s)', (cloud) => {
  test('a row is answered as an array of one text, its absence as an empty one (§12.5)', async () => {
    const rig = await startRig({ cloud, connected: false });
    await rig.seed('default/configmap/x', 'configmap', pod('x'));
    const found = await rig.request(query('default/configmap/x'));
    expect(found).toMatchObject({
      operation: 'response',
      source: OWN_NAME[cloud],
      group: 'meta',
      resource: 'default/configmap/x',
      content: [asRow(pod('x'))],
    });
    const start = performance.now();
    const missing = await rig.request(query('default/configmap/y'));
    expect(missing.content).toEqual([]);
    expect(performance.now() - start).toBeLessThan(100);
    expect(rig.up).toEqual([]);
  });

  test('the start-up list comes from the database, to edged’s inbox when it did not wait', async () => {
    const rig = await startRig({ cloud });
    await rig.seed('default/pod/a', 'pod', pod('a'));
    await rig.seed('other/pod/b', 'pod', pod('b'));
    const sent = await rig.send({ group: 'edged', operation: 'query', resource: 'default/pod' });
    const list = await eventually(() => rig.got['edged']![0]);
    expect(list).toMatchObject({
      parentId: sent.id,
      operation: 'response',
      source: OWN_NAME[cloud],
      group: 'edged',
      resource: 'default/pod',
      content: [asRow(pod('a')), asRow(pod('b'))],
    });
    expect(rig.up).toEqual([]);
  });

  test('a broken row is set aside, counts as not found and is named in the log', async () => {
    const rig = await startRig({ cloud, connected: false });
    await rig.seed('default/pod/a', 'pod', pod('a'));
    await rig.seed('default/pod/broken', 'pod', '{"metadata":');
    await rig.seed('default/configmap/ok', 'configmap', '"OK"');
    expect((await rig.request(query('default/pod'))).content).toEqual([asRow(pod('a'))]);
    expect((await rig.request(query('default/configmap/ok'))).content).toEqual([]);
    expect(await rig.keys()).toEqual(['default/pod/a']);
    const { db } = rig.store;
    const aside = await rig.store.all(
      db.selectFrom('edgecore_ts_state').selectAll().where('key', 'like', 'quarantine/%').orderBy('key'),
    );
    expect(aside).toEqual([
      { key: 'quarantine/default/configmap/ok', value: '"OK"' },
      { key: 'quarantine/default/pod/broken', value: '{"metadata":' },
    ]);
    const named = rig.complaints.filter(({ level }) => level === 'error').map(({ fields }) => fields['key']);
    expect(named).toEqual(['default/pod/broken', 'default/configmap/ok']);
  });

  test('a broken row does not stand in the way of a new object', async () => {
    const rig = await startRig({ cloud });
    await rig.seed('default/pod/a', 'pod', 'garbage');
    await rig.acked(await rig.down({ operation: 'update', resource: 'default/pod/a', content: pod('a') }));
    expect(await rig.value('default/pod/a')).toBe(asRow(pod('a')));
  });
});

describe.each(CLOUDS)('queries with a cloud (%s)', (cloud) => {
  test('the answer is stored, confirmed, and reaches edged with the id it knows (§12.6)', async () => {
    const rig = await startRig({
      cloud,
      answer: () => ({ id: 'r1', content: pod('x'), resourceVersion: '10' }),
    });
    const sent = query('default/configmap/x');
    const answer = await rig.request({ id: 'q1', ...sent });
    expect(answer).toMatchObject({ id: 'r1', parentId: 'q1', source: 'edgecontroller', content: pod('x') });
    const [asked, ack] = rig.up as [Message, Message];
    expect(asked).toMatchObject({ source: 'edged', group: 'meta', ...sent, content: null });
    expect(asked.id).not.toBe('q1');
    expect(ack).toMatchObject({
      operation: 'response',
      parentId: 'r1',
      resource: 'default/configmap/x',
      content: 'OK',
    });
    expect(rig.up).toHaveLength(2);
    expect(await rig.value('default/configmap/x')).toBe(asRow(pod('x')));
    // Asked once: the row answers from now on, and pushed updates keep it fresh.
    expect((await rig.request(sent)).content).toEqual([asRow(pod('x'))]);
    expect(rig.up).toHaveLength(2);
  });

  test('"not found" reaches edged as such; nothing is stored (§12.7)', async () => {
    const content = errStatus('NotFound', 404);
    const rig = await startRig({ cloud, answer: () => ({ content }) });
    const answer = await rig.request(query('default/secret/x'));
    expect(answer.content).toEqual(content);
    expect(await rig.keys()).toEqual([]);
  });

  test.each([
    ['"OK"', 'OK'],
    ['the empty error', {}],
    ['null', null],
    ['an object of another name', pod('other')],
  ])('%s is handed on, but never stored', async (_what, content) => {
    const rig = await startRig({ cloud, answer: () => ({ content }) });
    expect((await rig.request(query('default/secret/x'))).content).toEqual(content);
    expect(await rig.keys()).toEqual([]);
  });

  test('silence: an error with the original id at the deadline, once (§12.8)', async () => {
    const rig = await startRig({ cloud, answer: () => undefined, remoteQueryTimeoutMs: 40 });
    await expect(rig.request(query('default/secret/x'))).rejects.toMatchObject({
      code: 'ERR_ERROR_RESPONSE',
      response: expect.objectContaining({ operation: 'error', source: OWN_NAME[cloud], group: 'meta' }),
      message: expect.stringMatching(/^failed to process remote: .*within 40 ms/),
    });
    expect(rig.up).toHaveLength(1);
  });

  test('silence where a row is left: the row (wire §9.10)', async () => {
    const rig = await startRig({ cloud, answer: () => undefined, remoteQueryTimeoutMs: 40 });
    await rig.seed('default/volumeattachment/x', 'volumeattachment', pod('x'));
    const answer = await rig.request(query('default/volumeattachment/x'));
    expect(answer.content).toEqual([asRow(pod('x'))]);
    expect(rig.up).toHaveLength(1);
  });

  test('an answer after the deadline is stored and confirmed (wire §9.9)', async () => {
    const rig = await startRig({ cloud, answer: () => undefined, remoteQueryTimeoutMs: 20 });
    await expect(rig.request(query('default/configmap/x'))).rejects.toMatchObject({
      code: 'ERR_ERROR_RESPONSE',
    });
    const fields = { operation: 'response', parentId: rig.up[0]!.id, resource: 'default/configmap/x' };
    await rig.acked(await rig.down({ ...fields, content: pod('x') }));
    expect((await rig.request(query('default/configmap/x'))).content).toEqual([asRow(pod('x'))]);
  });

  test('an answer that cannot be stored is not confirmed, but edged has it', async () => {
    const rig = await startRig({
      cloud,
      answer: () => ({ id: 'r1', content: pod('x') }),
      writeRetriesMs: [],
    });
    rig.store.write = () => Promise.reject(new Error('disk full'));
    expect((await rig.request(query('default/configmap/x'))).content).toEqual(pod('x'));
    expect(rig.acks()).toEqual([]);
    expect(rig.up[1]).toMatchObject({ operation: 'error', parentId: 'r1' });
  });

  test('a waiting query holds up neither the cloud’s messages nor other queries', async () => {
    const rig = await startRig({ cloud, answer: () => undefined, remoteQueryTimeoutMs: 5000 });
    await rig.seed('default/pod/p', 'pod', pod('p'));
    const waiting = rig.request(query('default/configmap/x')).catch((error: unknown) => error);
    await eventually(() => rig.up.length === 1);
    const pushed = await rig.down({
      operation: 'update',
      resource: 'default/configmap/x',
      content: pod('x'),
    });
    await rig.acked(pushed);
    expect((await rig.request(query('default/pod/p'))).content).toEqual([asRow(pod('p'))]);
    await rig.stop();
    // Ended with the agent, it is answered with what has come meanwhile.
    await expect(waiting).resolves.toMatchObject({ content: [asRow(pod('x'))] });
  });

  test('more requests than may wait are refused at once', async () => {
    const options = { remoteQueryTimeoutMs: 5000, maxRemoteRequests: 2, answer: () => undefined };
    const rig = await startRig({ cloud, ...options });
    for (const name of ['a', 'b']) await rig.send(query(`default/secret/${name}`));
    await expect(rig.request(query('default/secret/c'))).rejects.toThrow(
      '2 requests are waiting for the cloud',
    );
  });

  test('equal questions are asked once', async () => {
    const rig = await startRig({ cloud, answer: () => ({ content: pod('x') }) });
    const answers = await Promise.all([1, 2, 3].map(() => rig.request(query('default/configmap/x'))));
    expect(answers.map(({ content }) => content)).toEqual([pod('x'), [asRow(pod('x'))], [asRow(pod('x'))]]);
    expect(rig.up.filter((message) => message.operation === 'query')).toHaveLength(1);
  });
});

describe('claims', () => {
  const claim = (phase: string) => ({ ...pod('c'), spec: { volumeName: 'v' }, status: { phase } });

  test.each(['2020', 'current'] as const)(
    '%s: an unbound one is asked for again, a bound one is kept',
    async (cloud) => {
      const answers = [claim('Pending'), claim('Bound')];
      const rig = await startRig({ cloud, answer: () => ({ content: answers[0] }) });
      for (const expected of ['Pending', 'Bound']) {
        const answer = await rig.request(query('default/persistentvolumeclaim/c'));
        expect(answer.content).toMatchObject({ status: { phase: expected } });
        if (answers.length > 1) answers.shift();
      }
      rig.disconnect();
      const { content } = await rig.request(query('default/persistentvolumeclaim/c'));
      expect(JSON.parse((content as string[])[0]!)).toMatchObject({ status: { phase: 'Bound' } });
    },
  );
});

describe('which types are asked of which cloud', () => {
  test.each([
    ['node', '2020', true],
    ['endpoints', '2020', true],
    ['service', '2020', false],
    ['pod', '2020', false],
    ['node', 'current', false],
    ['endpoints', 'current', false],
    ['pod', 'current', false],
    ['persistentvolume', 'current', true],
    ['volumeattachment', 'current', true],
  ] as const)('%s, %s: %j', async (type, cloud, remote) => {
    const rig = await startRig({ cloud, answer: () => ({ content: pod('x') }) });
    const answer = await rig.request(query(`default/${type}/x`));
    expect(answer.content).toEqual(remote ? pod('x') : []);
    expect(rig.up.some((message) => message.operation === 'query')).toBe(remote);
  });

  test('before it is known which cloud this is, nothing is asked', async () => {
    const rig = await startRig({ cloud: 'undecided' });
    expect((await rig.request(query('default/configmap/x'))).content).toEqual([]);
    expect(rig.up).toEqual([]);
  });
});

describe('service account tokens', () => {
  const NOW = Date.UTC(2026, 10, 23, 12);
  const spec = {
    audiences: null,
    expirationSeconds: 3600,
    boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web-1', uid: 'e1ed' },
  };
  const token = (lifeLeftMs: number, text = 'ey.a.b') => ({
    metadata: { creationTimestamp: null },
    // The API server fills in the audiences: the row must be found all the same.
    spec: { ...spec, audiences: ['https://kubernetes.default.svc'] },
    status: { token: text, expirationTimestamp: new Date(NOW + lifeLeftMs).toISOString() },
  });
  const request = (audiences: string[] | null = null) => ({
    ...query('default/serviceaccounttoken/sa'),
    content: { metadata: { creationTimestamp: null }, spec: { ...spec, audiences }, status: { token: '' } },
  });
  const KEY =
    '"sa"/"default"/[]string(nil)/3600/v1.BoundObjectReference{Kind:"Pod", APIVersion:"v1", Name:"web-1", UID:"e1ed"}';

  test('a fresh one is stored under its request, confirmed and asked for once', async () => {
    const rig = await startRig({
      cloud: 'current',
      now: () => NOW,
      answer: () => ({ content: token(3_600_000) }),
    });
    expect((await rig.request(request())).content).toEqual(token(3_600_000));
    expect(await rig.keys()).toEqual([KEY]);
    expect(await rig.keys('meta_v2')).toEqual([]);
    rig.disconnect();
    expect((await rig.request(request())).content).toEqual([asRow(token(3_600_000))]);
    expect(rig.up).toHaveLength(2);
    // Another audience is another token.
    await expect(rig.request(request(['other']))).rejects.toThrow('failed to process remote: not connected');
  });

  test('one near its end is renewed; without an answer it still serves', async () => {
    const rig = await startRig({ cloud: 'current', now: () => NOW, remoteQueryTimeoutMs: 30 });
    await rig.seed(KEY, 'serviceaccounttoken', token(700_000, 'old'));
    rig.answer = () => undefined;
    expect((await rig.request(request())).content).toEqual([asRow(token(700_000, 'old'))]);
    rig.answer = () => ({ content: token(3_600_000, 'new') });
    expect((await rig.request(request())).content).toEqual(token(3_600_000, 'new'));
    expect(await rig.value(KEY)).toBe(asRow(token(3_600_000, 'new')));
  });

  test('an expired one is removed and never handed out', async () => {
    const rig = await startRig({ cloud: 'current', now: () => NOW, connected: false });
    await rig.seed(KEY, 'serviceaccounttoken', token(-1));
    await expect(rig.request(request())).rejects.toThrow('not connected');
    expect(await rig.keys()).toEqual([]);
  });

  test('an error is not stored, and a 2020 cloud is not asked', async () => {
    const answer = () => ({ content: errStatus('Forbidden', 403) });
    const rig = await startRig({ cloud: 'current', answer });
    expect((await rig.request(request())).content).toEqual(errStatus('Forbidden', 403));
    expect(await rig.keys()).toEqual([]);
    const old = await startRig({ cloud: '2020' });
    await expect(old.request(request())).rejects.toMatchObject({ code: 'ERR_ERROR_RESPONSE' });
    expect(old.up).toEqual([]);
  });
});
