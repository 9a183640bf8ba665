import { type GoldenLine, goldenHub } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Pod, PodStatus } from '../../src/kube-types.js';
import { legacyPodStatus } from '../../src/report/legacy-status.js';
import { podPatch } from '../../src/report/pod-patch.js';
import { FakeCloud } from '../support/fake-cloud.js';
import { applyPatch } from '../support/strategic-merge.js';

type Recorded = ReturnType<typeof goldenHub>[number];
let cloud: FakeCloud | undefined;
afterEach(async () => {
  await cloud?.stop();
  cloud = undefined;
});

/** Paths of all members, list elements by position left out: `Status.conditions[].type`. */
function keySet(value: unknown, path = ''): Set<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((one) => [...keySet(one, `${path}[]`)]));
  if (typeof value !== 'object' || value === null) return new Set([path]);
  return new Set([
    path,
    ...Object.entries(value).flatMap(([key, one]) => [...keySet(one, `${path}.${key}`)]),
  ]);
}

/** Route and parent, without what is different on every machine. */
function route(message: NonNullable<GoldenLine['message']>, node: string) {
  const { source, group, operation, resource } = message.route;
  return {
    source,
    group,
    operation,
    resource: resource!.replace(node, 'n1'),
    parent: message.header.parent_msg_id ?? '',
  };
}
const ours = () =>
  cloud!.sent.map(({ source, group, operation, resource, parentId }) => ({
    source,
    group,
    operation,
    resource,
    parent: parentId,
  }));

const up = (type: string) => (line: Recorded) =>
  line.dir === 'up' &&
  line.message.route.source === 'edged' &&
  line.message.route.resource!.split('/')[1] === type;

describe('the recorded registration', () => {
  test('2020: the same messages with the same key sets', async () => {
    const recorded = goldenHub('2020', 'node-register-status.jsonl').filter(up('nodestatus'));
    expect(recorded.length).toBeGreaterThan(3);
    cloud = await new FakeCloud('2020').start();
    await cloud.clock.advance((recorded.length - 2) * 10_000);
    expect(ours()).toEqual(recorded.map(({ message }) => route(message, 'edge-2020')));
    for (const [index, { message }] of recorded.entries()) {
      expect(keySet(cloud.sent[index]!.content)).toEqual(keySet(message.content));
    }
  });

  test("today's: node and lease; every member of the node and of the lease is there", async () => {
    const lines = goldenHub('v1.23', 'node-register-status.jsonl');
    cloud = await new FakeCloud('current').start();
    await cloud.clock.advance(30_000);
    for (const type of ['node', 'lease']) {
      const recorded = lines.filter(up(type)).map(({ message }) => message);
      expect(recorded.length).toBeGreaterThan(0);
      const sent = cloud.of(type);
      expect(ours().filter(({ resource }) => resource.includes(`/${type}/`))).toEqual(
        recorded.map((message) => route(message, 'edge123')),
      );
      // What the API server put into the object of a renewal is its own.
      const contents = recorded.map(({ content }) => content).slice(0, type === 'lease' ? 3 : 1);
      for (const [index, content] of contents.entries()) {
        expect(keySet(sent[index]!.content)).toEqual(keySet(content));
      }
    }
    const patches = lines.filter(up('nodepatch')).map(({ message }) => message);
    const first = cloud.of('nodepatch')[0]!;
    expect({ operation: first.operation, content: first.content }).toEqual({
      operation: patches[0]!.route.operation,
      content: patches[0]!.content,
    });
  });

  test("today's heartbeat has the form of the recorded one", async () => {
    const heartbeat = goldenHub('v1.23', 'keepalive.jsonl')
      .filter(up('nodepatch'))
      .map(({ message }) => JSON.parse(message.content as string));
    expect(heartbeat.length).toBeGreaterThan(0);
    cloud = await new FakeCloud('current').start();
    await cloud.clock.advance(300_000);
    const sent = JSON.parse(cloud.of('nodepatch').at(-1)!.content as string);
    expect(keySet(sent)).toEqual(keySet(heartbeat.at(-1)));
    expect(sent.status['$setElementOrder/conditions']).toEqual(
      heartbeat.at(-1).status['$setElementOrder/conditions'],
    );
  });
});

describe('recorded pod statuses', () => {
  const pod = (uid: string, name: string): Pod => ({
    metadata: { uid, name, namespace: 'default' },
    spec: { containers: [] },
  });
  const requests = ['pod-lifecycle.jsonl', 'pod-status-variants.jsonl']
    .flatMap((file) => goldenHub('2020', file))
    .filter(up('podstatus'))
    .map(({ message }) => message.content as { UID: string; Name: string; Status: PodStatus });

  test('2020: each of them goes through unchanged', () => {
    expect(requests.length).toBeGreaterThan(10);
    for (const request of requests) {
      // Once the 2020 edge passed on a condition that it had read from the cloud's object.
      const conditions = request.Status.conditions.filter(({ type }) => type !== 'ContainersReady');
      Object.assign(request.Status, { conditions });
      const sent = legacyPodStatus(pod(request.UID, request.Name), request.Status);
      expect(JSON.parse(JSON.stringify(sent))).toEqual(request);
    }
  });

  test('2020: what only today knows is left out', () => {
    const [request] = requests;
    const today = {
      ...request!.Status,
      hostIPs: [{ ip: '1.2.3.4' }],
      conditions: [
        ...request!.Status.conditions,
        { type: 'ContainersReady', status: 'True', lastProbeTime: null, lastTransitionTime: null } as const,
        {
          type: 'PodReadyToStartContainers',
          status: 'True',
          lastProbeTime: null,
          lastTransitionTime: null,
        } as const,
      ],
      containerStatuses: request!.Status.containerStatuses!.map((one) => ({
        ...one,
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      })),
    };
    expect(JSON.parse(JSON.stringify(legacyPodStatus(pod(request!.UID, request!.Name), today)))).toEqual(
      request,
    );
  });

  test.each(['pod-lifecycle.jsonl', 'pod-failed.jsonl'])(
    "today's %s: our complete patch does what each recorded difference did",
    (file) => {
      const patches = goldenHub('v1.23', file)
        .filter(up('podpatch'))
        .map(({ message }) => ({ message, patch: JSON.parse(message.content as string) }));
      expect(patches.length).toBeGreaterThan(1);
      let theirs: PodStatus = { phase: 'Pending', conditions: [] };
      let mine: object = {};
      for (const { message, patch } of patches) {
        theirs = applyPatch(theirs, patch.status);
        const name = message.route.resource!.split('/')[2]!;
        const sent = podPatch(pod(patch.metadata.uid, name), theirs, { podIPs: false, hostIPs: false });
        expect(sent.metadata).toEqual(patch.metadata);
        mine = applyPatch(mine, sent.status);
        expect(mine).toEqual(normal(theirs));
      }
    },
  );
});

/** `lastProbeTime: null` deletes the member in a patch. */
function normal(status: PodStatus): object {
  return { ...status, conditions: status.conditions.map(({ lastProbeTime: _never, ...rest }) => rest) };
}

describe('recorded deletions', () => {
  test.each([
    ['2020', '2020', 'pod-lifecycle.jsonl', ['update podstatus']],
    ['current', 'v1.23', 'pod-lifecycle.jsonl', ['patch podpatch', 'delete pod']],
  ] as const)('%s: the end of a pod', async (profile, recording, file, end) => {
    const lines = goldenHub(recording, file).filter(
      (line) => line.dir === 'up' && /\/(podstatus|podpatch|pod)\/./.test(line.message.route.resource!),
    );
    const recorded = lines.filter(({ message }) => message.route.source === 'edged').slice(-end.length);
    const short = ({ operation, resource }: { operation?: string; resource?: string }) =>
      `${operation} ${resource!.split('/')[1]}`;
    expect(recorded.map(({ message }) => short(message.route))).toEqual(end);
    cloud = new FakeCloud(profile, { registerNode: false });
    cloud.node = { metadata: { name: 'n1', uid: 'x' } };
    const dying: Pod = {
      metadata: { uid: 'u', name: 'web', namespace: 'default', deletionTimestamp: '2026-11-23T08:00:00Z' },
      spec: { containers: [] },
    };
    const terminated = { exitCode: 0, startedAt: null, finishedAt: null };
    cloud.held.set('u', dying);
    await cloud.start();
    cloud.reporter.podTerminated(dying, {
      phase: 'Succeeded',
      conditions: [],
      containerStatuses: [
        {
          name: 'c',
          state: { terminated },
          lastState: {},
          ready: false,
          restartCount: 0,
          image: 'i',
          imageID: '',
        },
      ],
    });
    await cloud.clock.advance(5000);
    const sent = cloud.sent.filter(({ resource }) => resource.endsWith('/web'));
    expect(sent.map(short)).toEqual(end);
    for (const [index, { message }] of recorded.entries()) {
      const { source, group } = message.route;
      expect(sent[index]).toMatchObject({ source, group, parentId: message.header.parent_msg_id ?? '' });
      if (message.route.operation === 'delete') {
        expect(keySet(sent[index]!.content)).toEqual(keySet(message.content));
      }
    }
  });
});
