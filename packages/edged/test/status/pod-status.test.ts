import { describe, expect, test } from '@jest/globals';
import { podStatus, type StatusInput } from '../../src/status/pod-status.js';
import { container, exited, instance, observed, pod, sandbox } from '../support/builders.js';

function status(more: Partial<StatusInput> = {}) {
  return podStatus({
    pod: pod(),
    observed: observed([instance('c')]),
    previous: undefined,
    held: new Map(),
    hostIps: ['10.0.0.1'],
    now: 60_000,
    acceptedAt: 1000,
    isReady: () => true,
    isStarted: () => true,
    terminationMessage: () => undefined,
    ...more,
  });
}

test.each([
  ['succeeded', { phase: 'Succeeded' } as const, undefined],
  ['evicted', { phase: 'Failed' } as const, { reason: 'Evicted', message: 'm' }],
])('a %s pod stays what it was when its containers are cleaned up', (_name, { phase }, failure) => {
  const code = phase === 'Failed' ? 137 : 0;
  const before = status({
    pod: pod({ restartPolicy: 'Never' }),
    observed: observed([exited('c', code)], []),
    failure,
  });
  expect(before.phase).toBe(phase);
  const cleaned = (previous: typeof before) =>
    status({ pod: pod({ restartPolicy: 'Always' }), observed: observed([], []), previous, failure });
  expect(cleaned(before)).toEqual(before);
  expect(cleaned(cleaned(before))).toEqual(before);
});

const only = (more: Partial<StatusInput>) => status(more).containerStatuses![0]!;

describe('container states (edged.md §9.1)', () => {
  test('running', () => {
    expect(only({})).toEqual({
      name: 'c',
      state: { running: { startedAt: '1970-01-01T00:00:02Z' } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image: 'busybox:1',
      imageID: 'docker://sha256:1',
      containerID: 'docker://c-0',
      started: true,
    });
  });

  test.each([
    ['Completed', exited('c', 0), {}],
    ['Error', exited('c', 3), {}],
    ['OOMKilled', exited('c', 137, { oomKilled: true }), {}],
    [
      'ContainerCannotRun',
      exited('c', 127, { finishedAt: 0, createdAt: 3000, error: 'no such file' }),
      {
        startedAt: '1970-01-01T00:00:03Z',
        finishedAt: '1970-01-01T00:00:03Z',
        message: 'no such file',
      },
    ],
  ])('terminated: %s', (reason, one, more) => {
    const { state } = only({ observed: observed([one]) });
    expect(state.terminated).toMatchObject({
      reason,
      exitCode: one.exitCode,
      containerID: 'docker://c-0',
      ...more,
    });
  });

  test('the second newest is the last state', () => {
    const { state, lastState, restartCount } = only({
      observed: observed([instance('c', { restarts: 1 }), exited('c', 1)]),
    });
    expect(state.running).toBeDefined();
    expect(lastState.terminated).toMatchObject({ exitCode: 1 });
    expect(restartCount).toBe(1);
  });

  test('held back: waiting, with the end as last state', () => {
    const held = { reason: 'CrashLoopBackOff', message: 'back-off 10s' };
    const result = only({ observed: observed([exited('c', 1)]), held: new Map([['c', held]]) });
    expect(result.state).toEqual({ waiting: held });
    expect(result.lastState.terminated).toMatchObject({ exitCode: 1 });
  });

  test('held back means nothing for what will not start again', () => {
    const held = { reason: 'CrashLoopBackOff', message: '' };
    const result = only({
      pod: pod({ restartPolicy: 'Never' }),
      observed: observed([exited('c', 1)]),
      held: new Map([['c', held]]),
    });
    expect(result.state.terminated).toMatchObject({ exitCode: 1 });
  });

  test('nothing there yet', () => {
    expect(only({ observed: observed([]) }).state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    const withInit = pod({ initContainers: [container('i')] });
    expect(only({ pod: withInit, observed: observed([]) }).state).toEqual({
      waiting: { reason: 'PodInitializing' },
    });
  });

  test('one that was there and is lost', () => {
    const previous = status();
    const lost = only({ observed: observed([]), previous });
    expect(lost.lastState.terminated).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message:
        'The container could not be located when the pod was deleted.  The container used to be Running',
    });
    expect(lost.state.waiting).toBeDefined();
  });

  test('an init container that was cleaned up counts as completed', () => {
    const object = pod({ initContainers: [container('i')] });
    const result = status({ pod: object });
    expect(result.initContainerStatuses![0]).toMatchObject({
      ready: true,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
    expect(result.phase).toBe('Running');
  });

  test('mounts are told, read-only ones with their recursion', () => {
    const mounts = [
      { name: 'v', mountPath: '/v' },
      { name: 'r', mountPath: '/r', readOnly: true },
    ];
    const object = pod({ containers: [container('c', { volumeMounts: mounts })] });
    expect(only({ pod: object }).volumeMounts).toEqual([
      { name: 'v', mountPath: '/v' },
      { name: 'r', mountPath: '/r', readOnly: true, recursiveReadOnly: 'Disabled' },
    ]);
  });
});

describe('the pod', () => {
  test('addresses, start time, QoS', () => {
    expect(status()).toMatchObject({
      hostIP: '10.0.0.1',
      hostIPs: [{ ip: '10.0.0.1' }],
      podIP: '172.17.0.2',
      podIPs: [{ ip: '172.17.0.2' }],
      startTime: '1970-01-01T00:00:01Z',
      qosClass: 'BestEffort',
    });
    const hostNetwork = observed([instance('c')], [sandbox({ network: 'host', ips: [] })]);
    expect(status({ observed: hostNetwork })).toMatchObject({ podIP: '10.0.0.1' });
    expect(status({ previous: { startTime: 'earlier' } }).startTime).toBe('earlier');
  });

  test('a terminal phase is told only when nothing runs any more', () => {
    const object = pod({ restartPolicy: 'Never' });
    const dead = exited('c', 3);
    const still = status({ pod: object, observed: observed([dead]), previous: { phase: 'Running' } });
    expect(still.phase).toBe('Running');
    expect(still.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ reason: 'PodFailed' });
    const down = observed([dead], [sandbox({ state: 'notReady' })]);
    expect(status({ pod: object, observed: down, previous: { phase: 'Running' } }).phase).toBe('Failed');
  });

  test.each(['Failed', 'Succeeded'] as const)('%s stays', (phase) => {
    const none = observed([], []);
    expect(status({ observed: none, previous: { phase } }).phase).toBe(phase);
  });

  test('ended for good: everything is terminated', () => {
    const stopped = (code: number) => observed([exited('c', code)], [sandbox({ state: 'notReady' })]);
    expect(status({ ended: true, observed: stopped(0) }).phase).toBe('Succeeded');
    expect(status({ ended: true, observed: stopped(137) }).phase).toBe('Failed');
    const never = status({ ended: true, observed: observed([], []) });
    expect(never.phase).toBe('Failed');
    expect(never.containerStatuses![0]!.state.terminated).toEqual({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
      startedAt: null,
      finishedAt: null,
    });
  });

  test('rejected: Failed with reason and message, no containers', () => {
    const failure = { reason: 'NodePorts', message: 'taken' };
    const result = status({ observed: observed([], []), failure });
    expect(result).toMatchObject({ phase: 'Failed', ...failure });
    expect(result.containerStatuses).toBeUndefined();
  });
});
