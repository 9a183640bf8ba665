import { describe, expect, test } from '@jest/globals';
import { Backoff } from '../../src/backoff/backoff.js';
import { acceptsHash } from '../../src/plan/container-hash.js';
import { crashBackoffKey, type PlanInput, planPod } from '../../src/plan/plan.js';
import type { Step } from '../../src/plan/step.js';
import { container, exited, instance, observed, pod, sandbox } from '../support/builders.js';

function plan(more: Partial<PlanInput> = {}) {
  return planPod({
    pod: pod(),
    observed: observed([], []),
    probes: { failed: () => undefined, started: () => true },
    backoff: new Backoff(),
    now: 10_000,
    podNetwork: true,
    accepts: acceptsHash,
    lastRestartCount: () => undefined,
    finished: false,
    ...more,
  });
}

/** A step as one word: `start app c 1`. */
function word(step: Step): string {
  switch (step.kind) {
    case 'startContainer':
      return `start ${step.role} ${step.container.name} ${step.restartCount}`;
    case 'stopContainer':
      return `stop ${step.instance.name} ${step.why}`;
    case 'removeContainer':
      return `remove ${step.id}`;
    case 'createSandbox':
      return `sandbox ${step.attempt}`;
    case 'stopPod':
      return 'stop pod';
  }
}

const words = (all: readonly Step[]) => all.map(word);
const steps = (more: Partial<PlanInput>) => words(plan(more).steps);

describe('the sandbox', () => {
  test('a new pod', () => {
    expect(steps({})).toEqual(['sandbox 0', 'start app c 0']);
  });

  test.each([
    ['not running', [sandbox({ state: 'notReady' })], []],
    ['two are ready', [sandbox({ attempt: 1, id: 'x' }), sandbox()], ['stop pod']],
    ['without an address', [sandbox({ ips: [] })], ['stop pod']],
    ['on the wrong network', [sandbox({ network: 'host', ips: [] })], ['stop pod']],
  ])('%s: a new attempt', (_name, sandboxes, before) => {
    const attempt = sandboxes[0]!.attempt + 1;
    expect(steps({ observed: observed([], sandboxes) })).toEqual([
      ...before,
      `sandbox ${attempt}`,
      'start app c 0',
    ]);
  });

  test('an engine without pod networks needs no address', () => {
    expect(
      steps({
        podNetwork: false,
        observed: observed([instance('c')], [sandbox({ ips: [], network: 'host' })]),
      }),
    ).toEqual([]);
  });

  test('all containers stop and init containers start over', () => {
    const object = pod({ initContainers: [container('i')] });
    const state = observed([instance('c'), exited('i', 0)], [sandbox({ state: 'notReady' })]);
    expect(steps({ pod: object, observed: state })).toEqual([
      'stop pod',
      'remove i-0',
      'sandbox 1',
      'start init i 1',
    ]);
  });

  test('Never does not get a second one', () => {
    const state = observed([exited('c', 0)], [sandbox({ state: 'notReady' })]);
    expect(steps({ pod: pod({ restartPolicy: 'Never' }), observed: state })).toEqual([]);
  });

  test('OnFailure starts only what has not succeeded', () => {
    const object = pod({ restartPolicy: 'OnFailure', containers: [container('a'), container('b')] });
    const dead = [sandbox({ state: 'notReady' })];
    const state = observed([exited('a', 0), exited('b', 1)], dead);
    expect(steps({ pod: object, observed: state })).toEqual(['sandbox 1', 'start app b 1']);
    expect(steps({ pod: object, observed: observed([exited('a', 0), exited('b', 0)], dead) })).toEqual([]);
  });
});

describe('app containers', () => {
  test.each([
    ['Always', 0, ['start app c 1']],
    ['Always', 1, ['start app c 1']],
    ['OnFailure', 0, ['stop pod']],
    ['OnFailure', 1, ['start app c 1']],
    ['Never', 0, ['stop pod']],
    ['Never', 3, ['stop pod']],
  ])('%s after exit %d', (restartPolicy, code, expected) => {
    expect(steps({ pod: pod({ restartPolicy }), observed: observed([exited('c', code)]) })).toEqual(expected);
  });

  test('running and unchanged: nothing', () => {
    expect(steps({ observed: observed([instance('c')]) })).toEqual([]);
  });

  test('another hash restarts, even with Never', () => {
    const state = observed([instance('c', { hash: 'other' })]);
    expect(steps({ observed: state })).toEqual(['stop c changed', 'start app c 1']);
    expect(steps({ pod: pod({ restartPolicy: 'Never' }), observed: state })).toEqual([
      'stop c changed',
      'start app c 1',
    ]);
  });

  test.each(['liveness', 'startup'] as const)('a failed %s probe restarts by policy', (probe) => {
    const state = observed([instance('c')]);
    const probes = { failed: () => probe, started: () => true };
    expect(steps({ observed: state, probes })).toEqual([`stop c ${probe}`, 'start app c 1']);
    expect(steps({ pod: pod({ restartPolicy: 'Never' }), observed: state, probes })).toEqual([
      `stop c ${probe}`,
    ]);
  });

  test('created but never started: removed and made again, which is no restart', () => {
    const state = observed([instance('c', { state: 'created', startedAt: 0 })]);
    expect(steps({ observed: state })).toEqual(['remove c-0', 'start app c 0']);
  });

  test('an unknown state is stopped first', () => {
    expect(steps({ observed: observed([instance('c', { state: 'unknown' })]) })).toEqual([
      'stop c unknown',
      'start app c 1',
    ]);
  });

  test('one that vanished goes on counting', () => {
    expect(steps({ observed: observed([]), lastRestartCount: () => 4 })).toEqual(['start app c 5']);
  });

  test('a finished pod is only stopped', () => {
    expect(steps({ finished: true, observed: observed([instance('c')]) })).toEqual(['stop pod']);
    expect(steps({ finished: true })).toEqual([]);
  });
});

describe('back-off (edged.md §4.3)', () => {
  test('held, with the text of kubelet and the time left', () => {
    const backoff = new Backoff();
    const object = pod();
    backoff.next(crashBackoffKey(object, object.spec.containers[0]!), 1000);
    const result = plan({ backoff, observed: observed([exited('c', 1)]), now: 9000 });
    expect(result.steps).toEqual([]);
    expect(result.held.get('c')).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 10s restarting failed container=c pod=web-1_default(u)',
    });
    expect(result.retryAfterMs).toBe(6000);
    expect(words(plan({ backoff, observed: observed([exited('c', 1)]), now: 15_000 }).steps)).toEqual([
      'start app c 1',
    ]);
  });

  test('a held container keeps the pod alive', () => {
    const object = pod({ restartPolicy: 'OnFailure', containers: [container('a'), container('c')] });
    const backoff = new Backoff();
    backoff.next(crashBackoffKey(object, object.spec.containers[1]!), 5000);
    expect(steps({ pod: object, backoff, observed: observed([exited('a', 0), exited('c', 1)]) })).toEqual([]);
  });
});

describe('init containers', () => {
  const object = pod({ initContainers: [container('i'), container('j')] });

  test.each([
    ['first', [], ['start init i 0']],
    ['first runs', [instance('i')], []],
    ['first done', [exited('i', 0)], ['start init j 0']],
    ['first failed', [exited('i', 1)], ['start init i 1']],
    ['both done', [exited('j', 0), exited('i', 0)], ['start app c 0']],
    ['an app exists', [exited('c', 1)], ['start app c 1']],
  ])('%s', (_name, containers, expected) => {
    expect(steps({ pod: object, observed: observed(containers) })).toEqual(expected);
  });

  test('older instances go before a new one starts', () => {
    const containers = [exited('i', 1, { restarts: 1 }), exited('i', 1)];
    expect(steps({ pod: object, observed: observed(containers) })).toEqual(['remove i-0', 'start init i 2']);
  });

  test('failed with Never ends the pod', () => {
    const never = pod({ restartPolicy: 'Never', initContainers: [container('i')] });
    expect(steps({ pod: never, observed: observed([exited('i', 1)]) })).toEqual(['stop pod']);
  });
});

describe('sidecars', () => {
  const side = container('side', { restartPolicy: 'Always' });
  const object = pod({ initContainers: [side, container('i')] });

  test('the next one starts as soon as it has started', () => {
    expect(steps({ pod: object, observed: observed([]) })).toEqual(['start sidecar side 0']);
    const running = observed([instance('side')]);
    expect(steps({ pod: object, observed: running })).toEqual(['start init i 0']);
    const slow = { failed: () => undefined, started: () => false };
    expect(steps({ pod: object, observed: running, probes: slow })).toEqual([]);
  });

  test('it is restarted beside the apps, whatever the policy', () => {
    const never = pod({ restartPolicy: 'Never', initContainers: [side] });
    const state = observed([instance('c'), exited('side', 0)]);
    expect(steps({ pod: never, observed: state })).toEqual(['start sidecar side 1']);
  });

  test('it does not keep a completed pod alive', () => {
    const never = pod({ restartPolicy: 'Never', initContainers: [side] });
    expect(steps({ pod: never, observed: observed([exited('c', 0), instance('side')]) })).toEqual([
      'stop pod',
    ]);
  });
});

test('ephemeral containers start once', () => {
  const object = pod({ ephemeralContainers: [container('debug')] });
  expect(steps({ pod: object, observed: observed([instance('c')]) })).toEqual(['start ephemeral debug 0']);
  expect(steps({ pod: object, observed: observed([exited('debug', 1), instance('c')]) })).toEqual([]);
});
