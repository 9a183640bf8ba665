import { describe, expect, test } from '@jest/globals';
import type { ContainerStatus, PodPhase } from '../../src/kube-types.js';
import { type ConditionInput, podConditions, stampConditions } from '../../src/status/conditions.js';
import { container, ended, pod, RUNNING, statusOf, WAITING } from '../support/builders.js';

const ready = (name: string): ContainerStatus => ({ ...statusOf(name, RUNNING), ready: true, started: true });

function conditions(more: Partial<ConditionInput> = {}) {
  const all = podConditions({
    pod: pod(),
    phase: 'Running' as PodPhase,
    init: [],
    containers: [ready('c')],
    sandboxReady: true,
    foreign: [],
    ...more,
  });
  return Object.fromEntries(all.map(({ type, ...rest }) => [type, rest]));
}

describe('conditions (edged.md §9.3)', () => {
  test('all true, in kubelet order', () => {
    const all = conditions();
    expect(Object.keys(all)).toEqual([
      'PodReadyToStartContainers',
      'Initialized',
      'Ready',
      'ContainersReady',
      'PodScheduled',
    ]);
    for (const verdict of Object.values(all)) expect(verdict).toEqual({ status: 'True' });
  });

  test('unready and unknown containers are named', () => {
    const object = pod({ containers: [container('a'), container('b'), container('d')] });
    const verdict = {
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unknown status: [d], containers with unready status: [b]',
    };
    const all = conditions({ pod: object, containers: [ready('a'), statusOf('b', WAITING)] });
    expect(all).toMatchObject({ Ready: verdict, ContainersReady: verdict });
  });

  test('no statuses at all', () => {
    expect(conditions({ containers: [] })['Ready']).toEqual({
      status: 'False',
      reason: 'UnknownContainerStatuses',
    });
  });

  test('terminal phases', () => {
    const succeeded = conditions({ phase: 'Succeeded', containers: [statusOf('c', ended(0))] });
    expect(succeeded).toMatchObject({
      Initialized: { status: 'True', reason: 'PodCompleted' },
      Ready: { status: 'False', reason: 'PodCompleted' },
      ContainersReady: { status: 'False', reason: 'PodCompleted' },
    });
    const failed = conditions({ phase: 'Failed', containers: [statusOf('c', ended(1))] });
    expect(failed).toMatchObject({
      Ready: { reason: 'PodFailed' },
      ContainersReady: { reason: 'PodFailed' },
    });
  });

  test('init containers that are not done', () => {
    const object = pod({ initContainers: [container('i'), container('j')] });
    const init = [statusOf('i', ended(0)), statusOf('j', RUNNING)];
    expect(conditions({ pod: object, init, containers: [statusOf('c', WAITING)] })['Initialized']).toEqual({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [j]',
    });
  });

  test('readiness gates', () => {
    const object = pod({ readinessGates: [{ conditionType: 'x' }, { conditionType: 'y' }] });
    const all = conditions({ pod: object, foreign: [{ type: 'y', status: 'False' }] });
    expect(all['ContainersReady']).toEqual({ status: 'True' });
    expect(all['Ready']).toEqual({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message:
        'corresponding condition of pod readiness gate "x" does not exist., the status of pod readiness gate "y" is not "True", but False',
    });
    const open = ['x', 'y'].map((type) => ({ type, status: 'True' as const }));
    expect(conditions({ pod: object, foreign: open })['Ready']).toEqual({ status: 'True' });
  });

  test('a sidecar has to be ready, too', () => {
    const object = pod({ initContainers: [container('side', { restartPolicy: 'Always' })] });
    const verdict = conditions({ pod: object, init: [{ ...statusOf('side', RUNNING), started: true }] })[
      'Ready'
    ];
    expect(verdict).toMatchObject({ status: 'False', message: 'containers with unready status: [side]' });
  });

  test('times change with the status only', () => {
    const before = stampConditions([{ type: 'Ready', status: 'False', reason: 'a' }], [], 't1');
    const same = stampConditions([{ type: 'Ready', status: 'False', reason: 'b' }], before, 't2');
    expect(same).toEqual([
      { type: 'Ready', status: 'False', lastProbeTime: null, lastTransitionTime: 't1', reason: 'b' },
    ]);
    const changed = stampConditions([{ type: 'Ready', status: 'True' }], same, 't3');
    expect(changed).toEqual([
      { type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: 't3' },
    ]);
  });
});
