import { KubeStatusError, MutableCloudLink, profile2020, profileCurrent, silentLogger } from '@edgecore/api';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Pod, PodStatus } from '../../src/kube-types.js';
import { parsePod } from '../../src/pods/parse-pod.js';
import { type MirrorApi, MirrorPods } from '../../src/static-pods/mirror-pods.js';
import { staticPod } from '../../src/static-pods/static-pod.js';
import { FakeClock, settled } from '../support/fake-clock.js';
import { RecordingReporter } from '../support/recording-reporter.js';

const RUNNING = { phase: 'Running', conditions: [] } as PodStatus;

const web = (image: string) =>
  staticPod(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: { containers: [{ name: 'c', image }] },
    },
    { nodeName: 'n1', path: '/m/web.yaml', seenAt: 0 },
  );

describe('mirrors of static pods', () => {
  let clock: FakeClock;
  let link: MutableCloudLink;
  let sink: RecordingReporter;
  let mirrors: MirrorPods;
  /** What the cloud was asked, in order. */
  let calls: string[];
  /** Thrown by the next calls, first come first served. */
  let failures: (Error | undefined)[];
  let created: Pod | undefined;
  let end: AbortController;
  let running: Promise<void>;

  const api: MirrorApi = {
    node: { get: async () => ({ metadata: { name: 'n1', uid: 'node-uid' } }) },
    pods: {
      async create(pod) {
        calls.push(`create ${pod.metadata.name}`);
        const failure = failures.shift();
        if (failure) throw failure;
        const uid = `mirror-${calls.length}`;
        created = parsePod({ ...pod, metadata: { ...pod.metadata, uid } });
        return created as never;
      },
      async delete({ uid }) {
        calls.push(`delete ${uid}`);
        const failure = failures.shift();
        if (failure) throw failure;
      },
    },
  };

  beforeEach(() => {
    clock = new FakeClock();
    link = new MutableCloudLink({ connected: true, profile: profileCurrent });
    sink = new RecordingReporter();
    calls = [];
    failures = [];
    end = new AbortController();
    mirrors = new MirrorPods({
      nodeName: 'n1',
      link,
      clock,
      log: silentLogger,
      api,
      sink,
      retryMs: 1000,
      retryMaxMs: 4000,
    });
    running = mirrors.run(end.signal);
  });
  afterEach(async () => {
    end.abort();
    await running;
  });

  const mirrorOf = (pod: Pod, uid: string, metadata: object = {}) =>
    parsePod({
      ...pod,
      metadata: {
        ...pod.metadata,
        uid,
        ...metadata,
        annotations: { ...pod.metadata.annotations, 'kubernetes.io/config.mirror': pod.metadata.uid },
      },
    });
  const source = () =>
    mirrors.source({
      pods: () => [],
      holds: (uid) => uid === 'other',
      podGone: (uid) => calls.push(`gone ${uid}`),
    });

  test('a status that came before the mirror goes up under the uid of the mirror', async () => {
    const pod = web('a:1');
    mirrors.wanted([pod], true);
    mirrors.podStatus(pod, RUNNING);
    await settled();
    expect(calls).toEqual(['create web-n1']);
    expect(sink.last('mirror-1')).toBe(RUNNING);
    expect(sink.last(pod.metadata.uid)).toBeUndefined();
    expect([source().holds('mirror-1'), source().holds('other'), source().holds('x')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(created?.metadata['ownerReferences' as never]).toEqual([
      { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'node-uid', controller: true },
    ]);
  });

  test.each([
    ['2020', { connected: true, profile: profile2020 }],
    ['cut', { connected: false, profile: profileCurrent }],
  ])('nothing is asked of a cloud that is %s', async (_what, state) => {
    link.set(state);
    mirrors.wanted([web('a:1')], true);
    await settled();
    await clock.advance(60_000);
    expect(calls).toEqual([]);
    link.set({ connected: true, profile: profileCurrent });
    await settled();
    expect(calls).toEqual(['create web-n1']);
  });

  test('another content: the old mirror goes, then the new one comes', async () => {
    const [before, after] = [web('a:1'), web('a:2')];
    mirrors.wanted([before], true);
    await settled();
    mirrors.wanted([after], true);
    await settled();
    expect(calls).toEqual(['create web-n1', 'delete mirror-1', 'create web-n1']);
    expect(sink.forgotten).toEqual(['mirror-1']);
    // What the cloud still had to say of the old one changes nothing.
    mirrors.observe(mirrorOf(before, 'mirror-1'));
    expect(mirrors.cloudDeleted({ namespace: 'default', name: 'web-n1', uid: 'mirror-1' })).toBe(true);
    await settled();
    expect(calls).toHaveLength(3);
  });

  test('the cloud deletes it: it is made again, and no pod ends', async () => {
    const pod = web('a:1');
    mirrors.wanted([pod], true);
    mirrors.podStatus(pod, RUNNING);
    await settled();
    mirrors.observe(mirrorOf(pod, 'mirror-1', { deletionTimestamp: '2026-11-23T08:00:00Z' }));
    await settled();
    expect(calls).toEqual(['create web-n1', 'delete mirror-1', 'create web-n1']);
    expect(sink.last('mirror-3')).toBe(RUNNING);
    expect(mirrors.cloudDeleted({ namespace: 'default', name: 'web-n1', uid: '' })).toBe(true);
    await settled();
    expect(calls.at(-1)).toBe('create web-n1');
    source().podGone('mirror-4');
    await settled();
    expect(calls).toHaveLength(5);
    source().podGone('other');
    expect(calls.at(-1)).toBe('gone other');
  });

  test('a refusal is tried again, each time later', async () => {
    const refusal = new KubeStatusError('AlreadyExists', 409, 'pods "web-n1" already exists');
    failures = [refusal, refusal, refusal, refusal];
    mirrors.wanted([web('a:1')], true);
    await settled();
    const after: number[] = [];
    for (const ms of [1000, 2000, 4000, 4000]) {
      await clock.advance(ms - 1);
      after.push(calls.length);
      await clock.advance(1);
    }
    expect(after).toEqual([1, 2, 3, 4]);
    expect(calls).toHaveLength(5);
    await clock.advance(60_000);
    expect(calls).toHaveLength(5);
  });

  test('a mirror nobody wants goes, but not while a file is unreadable', async () => {
    mirrors.observe(mirrorOf(web('a:1'), 'left-over'));
    mirrors.wanted([], false);
    await settled();
    expect(calls).toEqual([]);
    failures = [new KubeStatusError('NotFound', 404, 'pods "web-n1" not found')];
    mirrors.wanted([], true);
    await settled();
    expect(calls).toEqual(['delete left-over']);
    expect(sink.forgotten).toEqual(['left-over']);
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
  });

  test('other pods pass through', () => {
    const pod = parsePod({ ...web('a:1'), metadata: { name: 'p', namespace: 'd', uid: 'u' } });
    mirrors.podStatus(pod, RUNNING);
    mirrors.podTerminated(pod, RUNNING);
    mirrors.podForgotten('u');
    expect([sink.last('u'), sink.terminated.get('u'), sink.forgotten]).toEqual([RUNNING, [RUNNING], ['u']]);
    expect(mirrors.cloudDeleted({ namespace: 'd', name: 'p', uid: 'u' })).toBe(false);
  });
});
