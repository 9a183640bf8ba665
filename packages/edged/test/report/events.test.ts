import { goldenHub } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Pod } from '../../src/kube-types.js';
import { settled } from '../support/fake-clock.js';
import { FakeCloud, NODE } from '../support/fake-cloud.js';

const pod: Pod = {
  metadata: { uid: 'u', name: 'web', namespace: 'ns', resourceVersion: '9' },
  spec: { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }] },
};

let cloud: FakeCloud;
afterEach(() => cloud.stop());
const of = (kind: string) =>
  cloud.of('event').filter(({ content }) => {
    const event = (content as { event?: object }).event ?? content;
    return (event as { involvedObject: { kind: string } }).involvedObject.kind === kind;
  });
const start = (profile: '2020' | 'current', options = {}) =>
  new FakeCloud(profile, { reportEvent: true, ...options }).start();

describe('events', () => {
  test('the first is inserted, repeats patch its count', async () => {
    cloud = await start('current');
    const event = () => cloud.reporter.events.event(pod, 'Warning', 'FailedMount', 'no such secret');
    event();
    await cloud.clock.advance(5000);
    event();
    cloud.reporter.events.event(pod, 'Warning', 'FailedMount', 'another text');
    await settled();
    const [first, repeat, other] = of('Pod');
    expect(first).toMatchObject({
      operation: 'insert',
      group: 'meta',
      source: 'edged',
      content: {
        involvedObject: {
          kind: 'Pod',
          namespace: 'ns',
          name: 'web',
          uid: 'u',
          apiVersion: 'v1',
          resourceVersion: '9',
        },
        reason: 'FailedMount',
        count: 1,
        firstTimestamp: '2026-11-23T08:00:00Z',
      },
    });
    expect(first!.resource).toMatch(/^ns\/event\/web\.[0-9a-f]{16}$/);
    expect(repeat).toMatchObject({ operation: 'patch', resource: first!.resource });
    const content = repeat!.content as { event: object; patchData: string };
    expect(content.event).toMatchObject({ count: 2, firstTimestamp: '2026-11-23T08:00:00Z' });
    expect(JSON.parse(content.patchData)).toEqual({
      count: 2,
      lastTimestamp: '2026-11-23T08:00:05Z',
      message: 'no such secret',
    });
    expect(other).toMatchObject({ operation: 'insert' });
    expect(other!.resource).not.toBe(first!.resource);
  });

  test('node events look like the recorded ones; a new condition makes one', async () => {
    cloud = await start('current');
    cloud.engine = async () => ({ ready: false, reason: 'down' });
    await cloud.clock.advance(10_000);
    const recorded = goldenHub('v1.23', 'node-register-status.jsonl').filter(
      ({ dir, message }) => dir === 'up' && message.route.resource!.includes('/event/'),
    );
    const [starting] = of('Node');
    expect(Object.keys(starting!.content as object).sort()).toEqual(
      Object.keys(recorded[0]!.message.content as object).sort(),
    );
    expect(starting!.content).toMatchObject({
      reason: 'Starting',
      message: 'Starting kubelet.',
      involvedObject: { kind: 'Node', name: NODE, uid: NODE },
    });
    const reasons = of('Node').map(({ content }) => (content as { reason: string }).reason);
    expect(reasons).toEqual([
      'Starting',
      'NodeHasSufficientMemory',
      'NodeHasNoDiskPressure',
      'NodeHasSufficientPID',
      'NodeReady',
      'NodeNotReady',
    ]);
  });

  test.each([
    ['c', 'spec.containers{c}'],
    ['i', 'spec.initContainers{i}'],
  ])('an event about container %s says so', async (container, fieldPath) => {
    cloud = await start('current');
    cloud.reporter.events.podEvent({ pod, container, type: 'Normal', reason: 'Started', message: 'm' });
    await settled();
    expect(of('Pod')[0]!.content).toMatchObject({ involvedObject: { fieldPath } });
  });

  test.each([
    ['a 2020 cloud', '2020', {}],
    ['reportEvent off', 'current', { reportEvent: false }],
  ] as const)('%s: nothing is sent', async (_what, profile, options) => {
    cloud = await start(profile, options);
    cloud.reporter.events.event(pod, 'Normal', 'Pulled', 'm');
    await cloud.clock.advance(10_000);
    expect(cloud.of('event')).toEqual([]);
  });

  test('offline events are lost, not queued', async () => {
    cloud = await start('current');
    cloud.link.set({ connected: false });
    cloud.reporter.events.event(pod, 'Normal', 'Pulled', 'm');
    cloud.link.set({ connected: true });
    await cloud.clock.advance(1000);
    expect(of('Pod')).toEqual([]);
  });

  test('a flood is cut at the burst, then goes on at the rate', async () => {
    cloud = await start('current', { eventsPerSecond: 2, eventBurst: 10 });
    await cloud.clock.advance(60_000);
    const before = of('Pod').length;
    for (let n = 0; n < 50; n += 1) cloud.reporter.events.event(pod, 'Normal', 'Pulled', `m${n}`);
    await cloud.clock.advance(1000);
    for (let n = 0; n < 50; n += 1) cloud.reporter.events.event(pod, 'Normal', 'Pulled', `n${n}`);
    await settled();
    expect(of('Pod').length - before).toBe(12);
  });
});

test('messages that are about reports are taken, others are not', async () => {
  cloud = await start('current');
  const message = (operation: string, resource: string) =>
    cloud.reporter.handle({ ...cloud.sent[0]!, operation, resource, content: 'OK' });
  expect(message('response', `default/nodestatus/${NODE}`)).toBe(true);
  expect(message('response', 'ns/podpatch/web')).toBe(true);
  expect(message('delete', `null/node/${NODE}`)).toBe(true);
  expect(message('update', 'null/node/other')).toBe(false);
  expect(message('update', 'ns/pod/web')).toBe(false);
  expect(message('query', 'ns/podstatus/web')).toBe(false);
});
