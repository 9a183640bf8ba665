import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { errStatus, pod, type Rig, settled, startRig } from './support.js';

const CLOUDS = ['2020', 'current'] as const;
const asRow = (value: unknown) => JSON.stringify(value);

describe.each(CLOUDS)('objects pushed by the cloud (%s)', (cloud) => {
  test('insert: row first, then one acknowledgement, and edged gets the message (§12.1)', async () => {
    const rig = await startRig({ cloud });
    const steps: string[] = [];
    const write = rig.store.write.bind(rig.store);
    rig.store.write = async (...statements) => {
      const results = await write(...statements);
      steps.push(`on disk, ${rig.acks().length} acknowledged: ${await rig.value('default/pod/a')}`);
      return results;
    };
    const message = await rig.down({
      id: 'm1',
      operation: 'insert',
      resource: 'default/pod/a',
      content: pod('a'),
    });
    const ack = await rig.acked(message);
    expect(steps).toEqual([`on disk, 0 acknowledged: ${asRow(pod('a'))}`]);
    expect(ack).toMatchObject({
      parentId: 'm1',
      operation: 'response',
      source: 'edgecontroller',
      group: 'resource',
      resource: 'default/pod/a',
      content: 'OK',
    });
    await eventually(() => rig.got['edged']!.length === 1);
    expect(rig.got['edged']![0]).toMatchObject({ id: 'm1', operation: 'insert', content: pod('a') });
    expect(rig.acks()).toHaveLength(1);
  });

  test('the same insert again with other content replaces the row, and each copy is acknowledged (§12.2)', async () => {
    const rig = await startRig({ cloud });
    const first = await rig.down({
      id: 'm1',
      operation: 'insert',
      resource: 'default/pod/a',
      content: pod('a'),
    });
    const again = pod('a', 'uid-a', '11');
    await rig.down({ id: 'm1', operation: 'insert', resource: 'default/pod/a', content: again });
    await rig.acked(first);
    await eventually(() => rig.acks().length === 2);
    expect(rig.acks().map((ack) => ack.parentId)).toEqual(['m1', 'm1']);
    expect(await rig.value('default/pod/a')).toBe(asRow(again));
  });

  test('update of an unknown object is stored; delete of an unknown one is acknowledged (wire §9.11)', async () => {
    const rig = await startRig({ cloud });
    const update = { operation: 'update', resource: 'default/configmap/c', content: pod('c') };
    await rig.acked(await rig.down(update));
    expect(await rig.value('default/configmap/c')).toBe(asRow(pod('c')));
    await rig.acked(
      await rig.down({ operation: 'delete', resource: 'default/secret/no', content: pod('no') }),
    );
  });

  test('delete with the uid of another object keeps the row, is acknowledged and handed on (§12.10)', async () => {
    const rig = await startRig({ cloud });
    await rig.seed('default/pod/a', 'pod', pod('a', 'new'));
    const other = await rig.down({
      operation: 'delete',
      resource: 'default/pod/a',
      content: pod('a', 'old'),
    });
    await rig.acked(other);
    expect(await rig.value('default/pod/a')).toBe(asRow(pod('a', 'new')));
    const own = await rig.down({ operation: 'delete', resource: 'default/pod/a', content: pod('a', 'new') });
    await rig.acked(own);
    expect(await rig.value('default/pod/a')).toBeUndefined();
    await eventually(() => rig.got['edged']!.length === 2);
  });

  test('delete without a uid takes the pod with its reports and tokens (§12.11)', async () => {
    const rig = await startRig({ cloud });
    await rig.seed('default/pod/a', 'pod', pod('a', 'u-1'));
    await rig.seed('default/podpatch/a', 'podpatch', { metadata: {} });
    await rig.seed('default/podstatus/a', 'podstatus', { UID: 'u-1' });
    const ref = (uid: string) =>
      `v1.BoundObjectReference{Kind:"Pod", APIVersion:"v1", Name:"a", UID:"${uid}"}`;
    await rig.seed(`"sa"/"default"/[]string(nil)/3607/${ref('u-1')}`, 'serviceaccounttoken', {});
    await rig.seed(`"sa"/"default"/[]string(nil)/3607/${ref('u-2')}`, 'serviceaccounttoken', {});
    const content = { metadata: { name: 'a', namespace: 'default' } };
    await rig.acked(await rig.down({ operation: 'delete', resource: 'default/pod/a', content }));
    expect(await rig.keys()).toEqual([`"sa"/"default"/[]string(nil)/3607/${ref('u-2')}`]);
  });

  test('an older state of the same object never replaces a newer one, but is acknowledged', async () => {
    const rig = await startRig({ cloud });
    const key = 'default/configmap/c';
    await rig.seed(key, 'configmap', pod('c', 'u', '100000'));
    await rig.acked(await rig.down({ operation: 'update', resource: key, content: pod('c', 'u', '99999') }));
    expect(await rig.value(key)).toBe(asRow(pod('c', 'u', '100000')));
    expect(rig.got['edged']).toEqual([]);
    const another = pod('c', 'other uid', '5');
    await rig.acked(await rig.down({ operation: 'update', resource: key, content: another }));
    expect(await rig.value(key)).toBe(asRow(another));
  });

  test('messages of an unknown source are stored, acknowledged and warned of', async () => {
    const rig = await startRig({ cloud });
    const message = {
      source: 'stranger',
      operation: 'update',
      resource: 'default/configmap/c',
      content: pod('c'),
    };
    await rig.acked(await rig.down(message));
    expect(await rig.keys()).toEqual(['default/configmap/c']);
    expect(rig.complaints).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ source: 'stranger' }) }),
    );
  });

  test('many objects at once are stored and acknowledged, each object in its order', async () => {
    const rig = await startRig({ cloud, maxInHand: 3 });
    const sent = [];
    for (let n = 0; n < 60; n += 1) {
      const name = `p${n % 5}`;
      const content = pod(name, `uid-${name}`, String(100 + n));
      sent.push(await rig.down({ operation: 'update', resource: `default/pod/${name}`, content }));
    }
    await rig.acked(sent.at(-1)!);
    await eventually(() => rig.acks().length === 60 && rig.got['edged']!.length === 60);
    for (let p = 0; p < 5; p += 1) {
      const name = `p${p}`;
      const versions = rig.got['edged']!.filter((m) => m.resource === `default/pod/${name}`);
      const numbers = versions.map((m) =>
        Number((m.content as ReturnType<typeof pod>).metadata.resourceVersion),
      );
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(await rig.value(`default/pod/${name}`)).toBe(asRow(pod(name, `uid-${name}`, String(155 + p))));
    }
  });
});

test('edged sees the changes of a pod in their order, whatever there is to clear away before', async () => {
  const rig = await startRig({ cloud: 'current', connected: false });
  for (const uid of ['old-1', 'old-2', 'old-3']) {
    const content = { metadata: { uid }, status: { phase: 'Running' } };
    await rig
      .request({ operation: 'patch', resource: 'default/podpatch/a', content: JSON.stringify(content) })
      .catch(() => {});
  }
  expect(await rig.store.outbox.size('metamanager')).toBe(3);
  await rig.down({ operation: 'insert', resource: 'default/pod/a', content: pod('a') });
  const last = await rig.down({ operation: 'delete', resource: 'default/pod/a', content: pod('a') });
  await rig.acked(last);
  await eventually(() => rig.got['edged']!.length === 2);
  expect(rig.got['edged']!.map(({ operation }) => operation)).toEqual(['insert', 'delete']);
});

test('without a cloud, requests that need one are refused without a line each', async () => {
  const rig = await startRig({ cloud: 'current', connected: false });
  const lease = { operation: 'query', resource: 'kube-node-lease/lease/edge-1' };
  for (let n = 0; n < 3; n += 1) await expect(rig.request(lease)).rejects.toThrow('not connected');
  expect(rig.complaints.filter(({ level }) => level === 'warn')).toEqual([]);
});

describe('where objects go', () => {
  const cases: readonly (readonly [string, string, object, string | undefined])[] = [
    ['default/pod/x', 'edged', {}, 'edged'],
    ['default/configmap/x', 'edged', {}, 'edged'],
    ['default/secret/x', 'edged', {}, 'edged'],
    ['default/service/x', 'edgemesh', {}, 'edgemesh'],
    ['default/endpoints/x', 'edgemesh', {}, 'edgemesh'],
    ['default/device/x', 'twin', { source: 'devicecontroller' }, 'twin'],
    ['default/device/x', 'twin', { source: 'edgecontroller' }, 'twin'],
    ['default/devicemodel/x', 'twin', { source: 'devicecontroller' }, 'twin'],
    ['null/node/x', 'nobody', {}, undefined],
    ['default/serviceaccountaccess/x', 'nobody', { source: 'policycontroller' }, undefined],
    ['default/deployment/x', 'nobody', { source: 'dynamiccontroller' }, undefined],
  ];
  test.each(cases)('%s to %s, whoever sent it (wire §9.12)', async (resource, _to, fields, module) => {
    const rig = await startRig({ cloud: 'current' });
    for (const operation of ['insert', 'update', 'delete']) {
      await rig.acked(await rig.down({ operation, resource, content: pod('x'), ...fields }));
    }
    await settled(rig);
    const counts = Object.fromEntries(Object.entries(rig.got).map(([name, list]) => [name, list.length]));
    expect(counts).toEqual({ edged: 0, edgemesh: 0, twin: 0, ...(module ? { [module]: 3 } : {}) });
    if (module === 'twin') expect(rig.got['twin']![0]).toMatchObject({ source: 'meta', group: 'twin' });
  });

  test('a module that is not running is no error and is mentioned once', async () => {
    const rig = await startRig({ modules: [] });
    for (const name of ['a', 'b']) {
      const message = { operation: 'insert', resource: `default/service/${name}`, content: pod(name) };
      await rig.acked(await rig.down(message));
    }
    await settled(rig);
    expect(rig.complaints).toEqual([
      expect.objectContaining({ level: 'info', fields: expect.objectContaining({ module: 'edgemesh' }) }),
    ]);
  });
});

describe('lists of a 2020 cloud', () => {
  const service = (name: string) => ({ metadata: { name, namespace: 'kube-system' } });

  test('services and endpoints become rows of their own, the list goes to edgemesh (§12.12)', async () => {
    const rig = await startRig();
    const lists = [
      ['namespace/servicelist/service', 'service'],
      ['namespace/endpointslist/endpoints', 'endpoints'],
    ] as const;
    for (const [resource, type] of lists) {
      const content = [service('a'), { nonsense: true }, service('b')];
      await rig.acked(await rig.down({ operation: 'update', resource, content }));
      expect((await rig.keys()).filter((key) => key.includes(`/${type}/`))).toEqual([
        `kube-system/${type}/a`,
        `kube-system/${type}/b`,
      ]);
    }
    await eventually(() => rig.got['edgemesh']!.length === 2);
    expect(rig.complaints.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  test('null is the empty list; a pod list is kept under its own name', async () => {
    const rig = await startRig();
    for (const resource of ['namespace/servicelist/service', 'namespace/endpointslist/endpoints']) {
      await rig.acked(await rig.down({ operation: 'update', resource, content: null }));
    }
    expect(await rig.keys()).toEqual([]);
    await rig.acked(await rig.down({ operation: 'update', resource: 'default/podlist/svc', content: null }));
    expect(await rig.value('default/podlist/svc')).toBe('[]');
    await rig.acked(
      await rig.down({ operation: 'update', resource: 'default/podlist/svc', content: [pod('a')] }),
    );
    expect(await rig.value('default/podlist/svc')).toBe(asRow([pod('a')]));
  });
});

describe('bad input (§11)', () => {
  const cases: Record<string, object> = {
    'one part': { resource: 'pod', content: pod('a') },
    'four parts': { resource: 'a/b/c/d', content: pod('a') },
    'an empty part': { resource: 'default//a', content: pod('a') },
    'no name': { resource: 'default/pod', content: pod('a') },
    'null content': { resource: 'default/pod/a', content: null },
    '"OK" as content': { resource: 'default/pod/a', content: 'OK' },
    'a list as content': { resource: 'default/pod/a', content: [pod('a')] },
    'an ErrStatus': { resource: 'default/pod/a', content: errStatus('NotFound', 404) },
    'an ObjectResp': { resource: 'default/pod/a', content: { Object: pod('a'), Err: null } },
    'the empty error': { resource: 'default/pod/a', content: {} },
    'a list that is none': { resource: 'namespace/servicelist/service', content: { items: [] } },
    'a list that is not JSON': { resource: 'namespace/servicelist/service', content: '[{' },
    'an object over the limit': {
      resource: 'default/pod/a',
      content: pod('a', 'u', '1', { pad: 'x'.repeat(600) }),
    },
  };
  test.each(Object.entries(cases))(
    '%s: an error instead of an acknowledgement, the row stays',
    async (_what, bad) => {
      const rig = await startRig({ cloud: 'current', maxValueBytes: 500 });
      await rig.seed('default/pod/a', 'pod', pod('a', 'kept'));
      for (const operation of ['insert', 'update']) {
        const message = await rig.down({ operation, ...bad });
        const error = await eventually(() => rig.up.find((sent) => sent.parentId === message.id));
        expect(error).toMatchObject({
          operation: 'error',
          resource: message.resource,
          source: 'metamanager',
        });
        expect(String(error.content)).not.toBe('');
      }
      expect(rig.acks()).toEqual([]);
      expect(rig.got['edged']).toEqual([]);
      expect(await rig.keys()).toEqual(['default/pod/a']);
      expect(await rig.value('default/pod/a')).toBe(asRow(pod('a', 'kept')));
      expect(await rig.keys('meta_v2')).toEqual([]);
    },
  );

  test('a pod without uid is refused; the copies that follow are not told again', async () => {
    const rig = await startRig({ cloud: 'current' });
    await rig.seed('default/pod/a', 'pod', pod('a'));
    const content = { metadata: { name: 'a', namespace: 'default' }, spec: {} };
    for (let copy = 0; copy < 3; copy += 1) {
      await rig.down({ id: 'same', operation: 'update', resource: 'default/pod/a', content });
    }
    await eventually(() => rig.up.filter(({ operation }) => operation === 'error').length === 3);
    expect(rig.acks()).toEqual([]);
    expect(rig.got['edged']).toEqual([]);
    expect(await rig.value('default/pod/a')).toBe(asRow(pod('a')));
    expect(rig.complaints).toMatchObject([
      { level: 'error', fields: { error: expect.stringContaining('create it through the API server') } },
    ]);
  });

  test('JSON as text or bytes is read as today’s cloud means it', async () => {
    const rig = await startRig({ cloud: 'current' });
    for (const content of [asRow(pod('a')), Buffer.from(asRow(pod('a')))]) {
      await rig.acked(await rig.down({ operation: 'insert', resource: 'default/pod/a', content }));
      expect(await rig.value('default/pod/a')).toBe(asRow(pod('a')));
      await rig.acked(await rig.down({ operation: 'delete', resource: 'default/pod/a', content: null }));
    }
  });

  test('large integers survive storing', async () => {
    const rig = await startRig({ cloud: 'current' });
    const content = pod('a', 'u', '1', { big: 9007199254740993n });
    await rig.acked(await rig.down({ operation: 'insert', resource: 'default/pod/a', content }));
    expect(await rig.value('default/pod/a')).toContain('9007199254740993');
  });

  test('operations without meaning and messages of other groups are neither stored nor confirmed', async () => {
    const rig = await startRig({ cloud: 'current' });
    const odd = [
      {
        operation: 'applicationResponse',
        resource: 'ignore/Application/ignore',
        source: 'dynamiccontroller',
      },
      { operation: 'error', resource: 'default/pod/a', content: 'no' },
      { operation: '', resource: 'default/pod/a', content: pod('a') },
    ];
    for (const fields of odd) await rig.down(fields);
    await settled(rig);
    expect(rig.up).toEqual([]);
    expect(await rig.keys()).toEqual([]);
  });

  test('a write that fails: an error instead of an acknowledgement, and the module says it is not well', async () => {
    const rig = await startRig({ cloud: 'current', writeRetriesMs: [1, 1] });
    const broken = { code: 'ERR_STORE_WRITE', sqliteCode: 'SQLITE_FULL', retryable: true };
    let tries = 0;
    const write = rig.store.write.bind(rig.store);
    rig.store.write = () => {
      tries += 1;
      return Promise.reject(Object.assign(new Error('disk full'), broken));
    };
    const message = await rig.down({ operation: 'insert', resource: 'default/pod/a', content: pod('a') });
    const error = await eventually(() => rig.up.find((sent) => sent.parentId === message.id));
    expect(error).toMatchObject({ operation: 'error', content: 'insert or update meta failed, disk full' });
    expect(tries).toBe(3);
    expect(rig.metaManager.health()).toEqual({ state: 'degraded', reason: 'disk full' });
    rig.store.write = write;
    await rig.acked(await rig.down({ operation: 'insert', resource: 'default/pod/a', content: pod('a') }));
    expect(rig.metaManager.health()).toEqual({ state: 'ready' });
  });

  test('a full disk that is free again in time is not even an error', async () => {
    const rig = await startRig({ cloud: 'current', writeRetriesMs: [1] });
    const write = rig.store.write.bind(rig.store);
    rig.store.write = () => {
      rig.store.write = write;
      return Promise.reject(
        Object.assign(new Error('disk full'), { code: 'ERR_STORE_WRITE', retryable: true }),
      );
    };
    await rig.acked(await rig.down({ operation: 'insert', resource: 'default/pod/a', content: pod('a') }));
    expect(rig.up).toHaveLength(1);
  });
});

describe.each(CLOUDS)('answers nobody waits for any more (%s)', (cloud) => {
  const late = (rig: Rig, content: unknown, resource = 'default/configmap/c') =>
    rig.down({ operation: 'response', parentId: 'gone', resource, content });

  test('a whole object is stored and acknowledged (wire §9.9)', async () => {
    const rig = await startRig({ cloud });
    await rig.acked(await late(rig, pod('c')));
    expect(await rig.value('default/configmap/c')).toBe(asRow(pod('c')));
  });

  test('unless a newer one is there', async () => {
    const rig = await startRig({ cloud });
    await rig.seed('default/configmap/c', 'configmap', pod('c', 'uid-c', '11'));
    await rig.acked(await late(rig, pod('c', 'uid-c', '9')));
    expect(await rig.value('default/configmap/c')).toBe(asRow(pod('c', 'uid-c', '11')));
  });

  test.each([
    ['"OK"', 'OK', 'default/node/n'],
    ['an ErrStatus', errStatus('NotFound', 404), 'default/configmap/c'],
    ['an ObjectResp', { Object: pod('n'), Err: null }, 'null/node/n'],
    ['the empty error', {}, 'default/configmap/c'],
    ['an object of another name', pod('d'), 'default/configmap/c'],
    ['null', null, 'default/configmap/c'],
  ])('%s is never stored', async (_what, content, resource) => {
    const rig = await startRig({ cloud });
    await rig.seed('default/node/n', 'node', pod('n'));
    await late(rig, content, resource);
    await settled(rig);
    expect(await rig.keys()).toEqual(['default/node/n']);
    expect(rig.up).toEqual([]);
  });
});

describe('CSI calls', () => {
  test('edged carries them out, its answer goes up (§12.13)', async () => {
    const rig = await startRig({ cloud: 'current', edgedAnswer: () => 'eyJ2b2x1bWUiOnt9fQ==' });
    const call = await rig.down({
      source: 'cloudhub',
      operation: 'createvolume',
      resource: 'default/volume/v1',
      content: '{"name":"v1"}',
    });
    const answer = await rig.acked(call);
    expect(answer).toMatchObject({
      resource: 'default/volume/v1',
      content: 'eyJ2b2x1bWUiOnt9fQ==',
      source: 'cloudhub',
    });
    expect(rig.got['edged']![0]).toMatchObject({
      operation: 'createvolume',
      content: '{"name":"v1"}',
      sync: true,
    });
    expect(await rig.keys()).toEqual([]);
  });

  test('a failure goes up as an error with its text', async () => {
    const rig = await startRig({ cloud: 'current', volumeTimeoutMs: 30 });
    const call = await rig.down({
      source: 'cloudhub',
      operation: 'deletevolume',
      resource: 'default/volume/v1',
    });
    const error = await eventually(() => rig.up.find((sent) => sent.parentId === call.id));
    expect(error).toMatchObject({ operation: 'error', resource: 'default/volume/v1', group: 'resource' });
    expect(error.content).toContain('within 30 ms');
  });
});
