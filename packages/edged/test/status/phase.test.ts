import { expect, test } from '@jest/globals';
import type { PodPhase } from '../../src/kube-types.js';
import { podPhase } from '../../src/status/phase.js';
import { container, ended, pod, RUNNING, statusOf, WAITING } from '../support/builders.js';

type State = [Parameters<typeof statusOf>[1], Parameters<typeof statusOf>[2]?];

const run: State = [RUNNING];
const wait: State = [WAITING];
const held: State = [WAITING, ended(1)];
const ok: State = [ended(0)];
const bad: State = [ended(3)];

// edged.md §9.2, row by row; two columns: init containers, app containers.
const ROWS: [string, string, State[], State[], PodPhase][] = [
  ['init failed, Never', 'Never', [bad], [wait], 'Failed'],
  ['init failed, held back, Never', 'Never', [[WAITING, ended(1)]], [wait], 'Failed'],
  ['init failed, Always', 'Always', [bad], [wait], 'Pending'],
  ['init running', 'Always', [run], [wait], 'Pending'],
  ['second init waiting', 'Always', [ok, wait], [wait], 'Pending'],
  ['init done, app waiting', 'Always', [ok], [wait], 'Pending'],
  ['one waiting beside a running one', 'Always', [], [run, wait], 'Pending'],
  ['running', 'Always', [], [run], 'Running'],
  ['running beside a stopped one', 'Never', [], [run, bad], 'Running'],
  ['running beside one that is held back', 'Always', [], [run, held], 'Running'],
  ['all stopped, Always', 'Always', [], [ok, bad], 'Running'],
  ['held back alone, Always', 'Always', [], [held], 'Running'],
  ['all exit 0, Never', 'Never', [], [ok, ok], 'Succeeded'],
  ['all exit 0, OnFailure', 'OnFailure', [], [ok], 'Succeeded'],
  ['one failed, Never', 'Never', [], [ok, bad], 'Failed'],
  ['one failed, OnFailure', 'OnFailure', [], [ok, bad], 'Running'],
  ['failed and held back, OnFailure', 'OnFailure', [], [held], 'Running'],
  ['unknown state', 'Always', [], [run, [{}]], 'Pending'],
];

test.each(ROWS)('%s', (_name, restartPolicy, init, apps, phase) => {
  const object = pod({
    restartPolicy,
    initContainers: init.map((_, index) => container(`i${index}`)),
    containers: apps.map((_, index) => container(`a${index}`)),
  });
  const statuses = (states: State[], prefix: string) =>
    states.map(([state, last], index) => statusOf(`${prefix}${index}`, state, last));
  expect(podPhase(object, statuses(init, 'i'), statuses(apps, 'a'))).toBe(phase);
});

test('a container without any status is unknown', () => {
  expect(podPhase(pod(), [], [])).toBe('Pending');
});

test('a sidecar counts until it has started, not when it restarts', () => {
  const object = pod({ initContainers: [container('side', { restartPolicy: 'Always' })] });
  const side = (started: boolean) => ({ ...statusOf('side', RUNNING), started });
  expect(podPhase(object, [side(false)], [statusOf('c', WAITING)])).toBe('Pending');
  expect(podPhase(object, [side(false)], [statusOf('c', RUNNING)])).toBe('Running');
  expect(podPhase(object, [side(true)], [statusOf('c', RUNNING)])).toBe('Running');
});
