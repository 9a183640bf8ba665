import { type CloudProfileName, cloudProfiles } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { errStatus, pod, type Rig, settled, startRig } from './support.js';

const OWNER = 'metamanager';
const OFFLINE = 'connection lost between EdgeCore and CloudCore';
const asRow = (value: unknown) => JSON.stringify(value);

const legacy = (phase: string, name = 'a', uid = `uid-${name}`) => ({
  operation: 'update',
  resource: `default/podstatus/${name}`,
  content: { UID: uid, Name: name, Status: { phase } },
});
const modern = (phase: string, name = 'a', uid = `uid-${name}`) => ({
  operation: 'patch',
  resource: `default/podpatch/${name}`,
  content: asRow({ metadata: { uid }, status: { phase } }),
});
const deletion = (cloud: CloudProfileName, name = 'a', uid = `uid-${name}`) => ({
  operation: 'delete',
  resource: `default/pod/${name}`,
  content: cloud === '2020' ? uid : { gracePeriodSeconds: 0, preconditions: { uid } },
});
const FORMS = { '2020': legacy, current: modern } as const;
const CLOUDS = ['2020', 'current'] as const;
const good = (request: Message) => ({
  content: request.operation === 'patch' ? { Object: pod('a'), Err: null } : 'OK',
});
/** What went up, without acknowledgements. */
const reports = (rig: Rig) => rig.up.filter(({ operation }) => operation !== 'response');
const size = (rig: Rig) => rig.store.outbox.size(OWNER);

describe('pod status, 2020', () => {
  test('equal statuses: the hub sees one message, edged two "OK" (§12.3)', async () => {
    const rig = await startRig();
    for (let n = 0; n < 2; n += 1) expect((await rig.request(legacy('Running'))).content).toBe('OK');
    expect(reports(rig)).toEqual([
      expect.objectContaining({ source: 'edged', group: 'meta', ...legacy('Running') }),
    ]);
    expect(await rig.value('default/podstatus/a')).toBe(asRow(legacy('Running').content));
    expect((await rig.request(legacy('Succeeded'))).content).toBe('OK');
    expect(reports(rig)).toHaveLength(2);
  });

  test('it leaves the outbox when its write was confirmed, and stays when it was not', async () => {
    const rig = await startRig({ answer: () => undefined, remoteQueryTimeoutMs: 30 });
    await expect(rig.request(legacy('Running'))).rejects.toMatchObject({ code: 'ERR_ERROR_RESPONSE' });
    expect(await size(rig)).toBe(1);
    rig.answer = () => ({ source: 'edgehub', content: 'OK' });
    rig.disconnect();
    rig.connect();
    await eventually(async () => (await size(rig)) === 0);
    expect(reports(rig)).toHaveLength(2);
  });

  test('the pod’s row goes with its deletion report; the uid goes up as text (§12.10)', async () => {
    const rig = await startRig();
    await rig.seed('default/pod/a', 'pod', pod('a'));
    expect((await rig.request(deletion('2020'))).content).toBe('OK');
    expect(reports(rig)).toEqual([expect.objectContaining(deletion('2020'))]);
    expect(await rig.value('default/pod/a')).toBeUndefined();
  });
});

describe('pod status, today', () => {
  test('the cloud’s answer reaches edged, nothing but the outbox is written', async () => {
    const rig = await startRig({ cloud: 'current', answer: good });
    const answer = await rig.request(modern('Running'));
    expect(answer).toMatchObject({ source: 'edgecontroller', content: { Object: pod('a'), Err: null } });
    expect(reports(rig)).toEqual([
      expect.objectContaining({ source: 'edged', group: 'meta', ...modern('Running') }),
    ]);
    expect(await rig.keys()).toEqual([]);
    expect(await size(rig)).toBe(0);
  });

  test.each([
    ['the pod is gone', errStatus('NotFound', 404), 0],
    [
      'another pod has its name',
      errStatus('Conflict', 409, 'Precondition failed: UID in precondition: x'),
      0,
    ],
    ['somebody else wrote', errStatus('Conflict', 409, 'the object has been modified'), 1],
    ['not allowed', errStatus('Forbidden', 403), 1],
    ['an unknown error', {}, 1],
  ])('refused, %s: edged gets the error', async (_what, error, left) => {
    const content = { Object: { metadata: {} }, Err: error };
    const rig = await startRig({ cloud: 'current', answer: () => ({ content }) });
    expect((await rig.request(modern('Running'))).content).toEqual(content);
    expect(await size(rig)).toBe(left);
  });

  test('the legacy form works too, without rows or comparison', async () => {
    const rig = await startRig({ cloud: 'current', answer: good });
    for (let n = 0; n < 2; n += 1) expect((await rig.request(legacy('Running'))).content).toBe('OK');
    expect(reports(rig)).toHaveLength(2);
    expect(await rig.keys()).toEqual([]);
  });

  test('a deletion leaves the row until the cloud’s delete of the same uid comes (§12.10)', async () => {
    const rig = await startRig({ cloud: 'current', answer: good });
    await rig.seed('default/pod/a', 'pod', pod('a'));
    await rig.request(deletion('current'));
    expect(reports(rig)).toEqual([expect.objectContaining(deletion('current'))]);
    expect(await rig.value('default/pod/a')).toBe(asRow(pod('a')));
    expect(await size(rig)).toBe(1);
    const other = { operation: 'delete', resource: 'default/pod/a', content: pod('a', 'other') };
    await rig.acked(await rig.down(other));
    expect(await rig.value('default/pod/a')).toBe(asRow(pod('a')));
    expect(await size(rig)).toBe(1);
    await rig.acked(await rig.down({ ...other, content: pod('a') }));
    expect(await rig.value('default/pod/a')).toBeUndefined();
    expect(await size(rig)).toBe(0);
  });
});

describe.each(CLOUDS)('reports without a cloud (%s)', (cloud) => {
  const status = FORMS[cloud];

  test('they are on disk before edged hears of it, and go up after the connect', async () => {
    const rig = await startRig({ cloud, connected: false, answer: good });
    await rig.seed('default/pod/a', 'pod', pod('a'));
    await expect(rig.request(status('Running'))).rejects.toThrow(OFFLINE);
    await expect(rig.request(status('Succeeded'))).rejects.toThrow(OFFLINE);
    await expect(rig.request(deletion(cloud))).rejects.toThrow(OFFLINE);
    await rig.stop();
    // The agent was restarted meanwhile: only the file remembers.
    const next = await startRig({ cloud, connected: false, answer: good, store: rig.store });
    expect(next.up).toEqual([]);
    next.connect();
    await eventually(() => reports(next).length === 2);
    expect(reports(next)).toEqual([
      expect.objectContaining({ ...status('Succeeded') }),
      expect.objectContaining(deletion(cloud)),
    ]);
    // The deletion stays until the cloud's own delete comes.
    await eventually(async () => (await size(next)) === 1);
    next.disconnect();
    next.connect();
    await eventually(() => reports(next).length === 3);
    const done = { operation: 'delete', resource: 'default/pod/a', content: { metadata: { name: 'a' } } };
    await next.acked(await next.down(done));
    expect(await size(next)).toBe(0);
  });

  test('a deletion never overtakes the status of its pod, whichever is older', async () => {
    const rig = await startRig({ cloud, connected: false, answer: good });
    await expect(rig.request(deletion(cloud))).rejects.toThrow(OFFLINE);
    await expect(rig.request(status('Failed'))).rejects.toThrow(OFFLINE);
    rig.connect();
    await eventually(() => reports(rig).length === 2);
    expect(reports(rig).map(({ operation }) => operation)).toEqual([status('').operation, 'delete']);
  });

  test('what a new pod of that name replaced is not sent', async () => {
    const rig = await startRig({ cloud, connected: false, answer: good });
    await expect(rig.request(status('Failed', 'a', 'old'))).rejects.toThrow(OFFLINE);
    await expect(rig.request(deletion(cloud, 'a', 'old'))).rejects.toThrow(OFFLINE);
    await expect(rig.request(status('Running', 'b'))).rejects.toThrow(OFFLINE);
    await rig.acked(
      await rig.down({ operation: 'update', resource: 'default/pod/a', content: pod('a', 'new') }),
    );
    rig.connect();
    await eventually(() => reports(rig).length === 1);
    await settled(rig);
    expect(reports(rig).map(({ resource }) => resource)).toEqual([status('', 'b').resource]);
    expect(await size(rig)).toBe(0);
  });

  test('nothing goes up before it is known which cloud this is', async () => {
    const rig = await startRig({ cloud: 'undecided', answer: good });
    await expect(rig.request(status('Running'))).rejects.toThrow(OFFLINE);
    rig.connect(cloudProfiles[cloud]);
    await eventually(() => reports(rig).length === 1);
    await eventually(async () => (await size(rig)) === 0);
  });

  test('a connection that breaks in between keeps the report', async () => {
    const rig = await startRig({ cloud, answer: () => ({ operation: 'error', content: 'connection lost' }) });
    await expect(rig.request(status('Running'))).rejects.toThrow('connection lost');
    expect(await size(rig)).toBe(1);
  });
});

describe('order of reports', () => {
  test('the next status of a pod waits for the answer to the one before; other pods do not', async () => {
    const rig = await startRig({ cloud: 'current', answer: () => undefined, remoteQueryTimeoutMs: 300 });
    const phases = (name: string) =>
      reports(rig)
        .filter(({ resource }) => resource.endsWith(`/${name}`))
        .map(({ content }) => JSON.parse(String(content)).status.phase);
    const first = rig.request(modern('Pending'));
    await eventually(() => reports(rig).length === 1);
    const second = rig.request(modern('Running'));
    await rig.send(modern('Pending', 'b'));
    await eventually(() => reports(rig).length === 2);
    await settled(rig);
    expect(phases('a')).toEqual(['Pending']);
    expect(phases('b')).toEqual(['Pending']);
    // The first one is given up at its deadline; only then the second goes.
    rig.answer = good;
    await expect(first).rejects.toThrow('within 300 ms');
    await second;
    expect(phases('a')).toEqual(['Pending', 'Running']);
  });

  test('of statuses that pile up behind a slow cloud only the last is sent', async () => {
    const rig = await startRig({ cloud: 'current', answer: () => undefined, remoteQueryTimeoutMs: 150 });
    const results = [rig.request(modern('one')).catch((error: Error) => error.message)];
    await eventually(() => reports(rig).length === 1);
    for (const phase of ['two', 'three', 'four']) {
      results.push(
        rig.request(modern(phase)).then(
          () => 'sent',
          (error: Error) => error.message,
        ),
      );
    }
    await eventually(async () =>
      (await rig.store.outbox.list(OWNER)).some((e) => asRow(e.value).includes('four')),
    );
    rig.answer = good;
    const [one, two, three, four] = await Promise.all(results);
    expect(one).toContain('within 150 ms');
    expect([two, three]).toEqual([
      expect.stringContaining('superseded'),
      expect.stringContaining('superseded'),
    ]);
    expect(four).toBe('sent');
    expect(reports(rig).map(({ content }) => JSON.parse(String(content)).status.phase)).toEqual([
      'one',
      'four',
    ]);
  });

  test('whatever happens to the link, each pod’s last status arrives, and statuses never run backwards', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('status' as const), pod: fc.constantFrom('a', 'b') }),
      fc.constant({ do: 'toggle' as const, pod: '' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const rig = await startRig({ cloud: '2020' });
        const last: Record<string, string> = {};
        let n = 0;
        for (const { do: what, pod: name } of steps) {
          if (what === 'toggle') rig.link.set({ connected: !rig.link.connected });
          else {
            n += 1;
            last[name] = String(n);
            await rig.request(legacy(String(n), name)).catch(() => {});
          }
        }
        rig.connect();
        await eventually(async () => (await size(rig)) === 0);
        const sent: Record<string, number[]> = {};
        for (const { content } of reports(rig)) {
          const { Name, Status } = content as { Name: string; Status: { phase: string } };
          sent[Name] = [...(sent[Name] ?? []), Number(Status.phase)];
        }
        await rig.stop();
        for (const [name, phase] of Object.entries(last)) {
          expect(sent[name]?.at(-1)).toBe(Number(phase));
          expect(sent[name]).toEqual([...sent[name]!].sort((x, y) => x - y));
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('when the cloud is another one after the connect', () => {
  test('a kept deletion goes up in the form of the new cloud', async () => {
    const rig = await startRig({ cloud: 'current', connected: false, answer: good });
    await expect(rig.request(deletion('current'))).rejects.toThrow(OFFLINE);
    rig.connect(cloudProfiles['2020']);
    await eventually(() => reports(rig).length === 1);
    expect(reports(rig)[0]).toMatchObject(deletion('2020'));
  });

  test('a patch is never sent to a 2020 cloud', async () => {
    const rig = await startRig({ cloud: 'current', connected: false, answer: good });
    await expect(rig.request(modern('Running'))).rejects.toThrow(OFFLINE);
    rig.connect(cloudProfiles['2020']);
    await eventually(async () => (await size(rig)) === 0);
    expect(reports(rig)).toEqual([]);
  });
});

test.each([
  ['no pod name', { ...legacy('Running'), resource: 'default/podstatus' }, 'needs the name'],
  ['a patch that is not JSON', { ...modern('Running'), content: '{' }, 'not JSON'],
])('%s is refused and not kept', async (_what, report, text) => {
  const rig = await startRig({ cloud: 'current' });
  await expect(rig.request(report)).rejects.toThrow(text);
  expect(await size(rig)).toBe(0);
  expect(rig.up).toEqual([]);
});
