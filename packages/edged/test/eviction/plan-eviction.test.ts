import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Candidate, isCritical, podRequestOf } from '../../src/eviction/candidate.js';
import { mostUrgent, planEviction } from '../../src/eviction/plan-eviction.js';
import { rankCandidates } from '../../src/eviction/rank.js';
import type { MetThreshold } from '../../src/node/pressure.js';
import type { PressureSignal } from '../../src/node/threshold.js';
import { thresholdRules } from '../../src/node/threshold-rules.js';
import { pod } from '../support/builders.js';

const MIB = 2 ** 20;

interface Shape {
  readonly priority?: number;
  readonly usedMiB?: number;
  readonly requestMiB?: number;
  readonly annotations?: Record<string, string>;
  readonly graceSeconds?: number;
}

function candidate(uid: string, shape: Shape = {}): Candidate {
  const { priority, usedMiB = 0, requestMiB = 0, annotations, graceSeconds } = shape;
  const used = usedMiB * MIB;
  const request = requestMiB * MIB;
  return {
    pod: pod(
      {
        ...(priority !== undefined && { priority }),
        ...(graceSeconds !== undefined && { terminationGracePeriodSeconds: graceSeconds }),
      },
      { uid, ...(annotations && { annotations }) },
    ),
    used,
    request,
    containers: [{ name: 'web', used, request }],
  };
}

function met(
  signal: PressureSignal,
  text: string,
  left: number,
  kind: 'hard' | 'soft' = 'hard',
): MetThreshold {
  const [rule] = thresholdRules(
    kind === 'hard' ? { hard: { [signal]: text } } : { hard: {}, soft: { [signal]: text } },
  );
  return { rule: rule!, amount: 107 * MIB, sample: { whole: 1070 * MIB, left } };
}

const uids = (candidates: readonly Candidate[]) => candidates.map(({ pod }) => pod.metadata.uid);

describe('rank', () => {
  test('above the request first, then lower priority, then most above it', () => {
    const ranked = rankCandidates(
      [
        candidate('within', { usedMiB: 900, requestMiB: 1000, priority: -5 }),
        candidate('important', { usedMiB: 500, priority: 10 }),
        candidate('some', { usedMiB: 100, requestMiB: 50 }),
        candidate('much', { usedMiB: 300, requestMiB: 200 }),
      ],
      'memory',
    );
    expect(uids(ranked)).toEqual(['much', 'some', 'important', 'within']);
  });

  test('of PIDs nothing can be asked: priority, then most used', () => {
    const ranked = rankCandidates(
      [
        candidate('a', { usedMiB: 9, priority: 1 }),
        candidate('b', { usedMiB: 0, priority: 0 }),
        candidate('c', { usedMiB: 5, priority: 0 }),
      ],
      'pids',
    );
    expect(uids(ranked)).toEqual(['c', 'b', 'a']);
  });

  test('a total order, whatever the order they come in', () => {
    const shape = fc.record({
      priority: fc.integer({ min: -1, max: 1 }),
      usedMiB: fc.nat(3),
      requestMiB: fc.nat(3),
    });
    fc.assert(
      fc.property(
        fc.array(shape, { maxLength: 8 }).chain((shapes) => {
          const all = shapes.map((one, index) => candidate(`u${index}`, one));
          return fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
          );
        }),
        ([all, shuffled]) => {
          expect(uids(rankCandidates(shuffled, 'memory'))).toEqual(uids(rankCandidates(all, 'memory')));
        },
      ),
    );
  });
});

describe('the pod to evict', () => {
  const memory = met('memory.available', '100Mi', 80 * MIB);

  test('is told as kubelet does', () => {
    const greedy = candidate('u', { usedMiB: 200 });
    expect(planEviction({ threshold: memory, pods: [greedy], maxPodGraceMs: 9 })).toEqual({
      pod: greedy.pod,
      message:
        'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Container web was using 200Mi, request is 0, has larger consumption of memory.',
      graceMs: 0,
    });
  });

  test('a share is told as what it comes to; a container within its request is not blamed', () => {
    const threshold = met('nodefs.available', '10%', 2048);
    const pods = [candidate('u', { usedMiB: 1, requestMiB: 2 })];
    expect(planEviction({ threshold, pods, maxPodGraceMs: 0 })?.message).toBe(
      'The node was low on resource: ephemeral-storage. Threshold quantity: 107Mi, available: 2Ki.',
    );
  });

  test('is never a critical or static one', () => {
    const pods = [
      candidate('critical', { usedMiB: 900, priority: 2_000_000_000 }),
      candidate('static', { usedMiB: 900, annotations: { 'kubernetes.io/config.source': 'file' } }),
      candidate('mirror', { usedMiB: 900, annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    ];
    expect(pods.every((one) => isCritical(one.pod))).toBe(true);
    expect(planEviction({ threshold: memory, pods, maxPodGraceMs: 0 })).toBeUndefined();
    const ordinary = candidate('ordinary', { annotations: { 'kubernetes.io/config.source': 'api' } });
    expect(
      planEviction({ threshold: memory, pods: [...pods, ordinary], maxPodGraceMs: 0 })?.pod.metadata.uid,
    ).toBe('ordinary');
  });

  test('gets its own grace period after a soft threshold, at most the configured one', () => {
    const threshold = met('memory.available', '200Mi', 0, 'soft');
    const graces = [5, 100].map((graceSeconds) => {
      return planEviction({ threshold, pods: [candidate('u', { graceSeconds })], maxPodGraceMs: 60_000 });
    });
    expect(graces.map((one) => one?.graceMs)).toEqual([5000, 60_000]);
  });
});

test('memory is most urgent, a hard threshold before a soft one', () => {
  const [soft, hard, disk] = [
    met('memory.available', '1Gi', 0, 'soft'),
    met('memory.available', '100Mi', 0),
    met('nodefs.available', '10%', 0),
  ] as const;
  expect(mostUrgent([disk, soft, hard])).toBe(hard);
  expect(mostUrgent([disk, soft])).toBe(soft);
  expect(mostUrgent([])).toBeUndefined();
});

test('the request of a pod: containers and sidecars together, or one init container that asks for more', () => {
  const asks = (memory: string) => ({ resources: { requests: { memory } } });
  const request = (init: string) =>
    podRequestOf(
      pod({
        containers: [
          { name: 'a', image: 'i', ...asks('10Mi') },
          { name: 'b', image: 'i', ...asks('20Mi') },
        ],
        initContainers: [
          { name: 's', image: 'i', restartPolicy: 'Always', ...asks('5Mi') },
          { name: 'i', image: 'i', ...asks(init) },
        ],
      } as Parameters<typeof pod>[0]),
      'memory',
    );
  expect(request('1Mi')).toBe(35 * MIB);
  expect(request('64Mi')).toBe(64 * MIB);
});
