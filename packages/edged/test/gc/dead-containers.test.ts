import { expect, test } from '@jest/globals';
import { podGarbage } from '../../src/gc/dead-containers.js';
import { exited, instance, observed, sandbox } from '../support/builders.js';

const rules = { keep: 1, minAgeMs: 0, now: 100_000 };

test('keeps the newest dead instance of each container', () => {
  const state = observed([
    instance('a', { restarts: 3 }),
    exited('a', 1, { restarts: 2 }),
    exited('a', 1, { restarts: 1 }),
    exited('b', 0),
  ]);
  expect(podGarbage(state, rules)).toEqual({ containers: ['a-1'], sandboxes: [] });
  expect(podGarbage(state, { ...rules, keep: 0 }).containers).toEqual(['a-2', 'a-1', 'b-0']);
  expect(podGarbage(state, { ...rules, keep: 0, minAgeMs: 96_000 }).containers).toEqual([]);
});

test('old sandboxes go with their last container', () => {
  const sandboxes = [
    sandbox({ attempt: 2 }),
    sandbox({ attempt: 1, state: 'notReady' }),
    sandbox({ state: 'notReady' }),
  ];
  const state = observed(
    [instance('c', { sandboxId: 's2' }), exited('c', 1, { sandboxId: 's1' })],
    sandboxes,
  );
  expect(podGarbage(state, rules).sandboxes).toEqual(['s0']);
});
