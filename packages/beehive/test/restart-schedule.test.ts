import { describe, expect, test } from '@jest/globals';
import type { RestartPolicy } from '../src/index.js';
import { RestartSchedule } from '../src/supervision/restart-schedule.js';

function waits(
  policy: RestartPolicy,
  outcome: 'returned' | 'crashed',
  count: number,
): (number | undefined)[] {
  const schedule = new RestartSchedule({ jitter: 0, ...policy });
  return Array.from({ length: count }, () => schedule.next(outcome));
}

describe('RestartSchedule', () => {
  test('onFailure, growth 2, limit 30 s: starts at 0, 1, 3, 7, 15, 31, 61, 91 s', () => {
    const starts = [0];
    for (const wait of waits({ when: 'onFailure' }, 'crashed', 7)) starts.push(starts.at(-1)! + wait! / 1000);
    expect(starts).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
  });

  test.each<[RestartPolicy, 'returned' | 'crashed', (number | undefined)[]]>([
    [{ when: 'onFailure' }, 'returned', [undefined]],
    [{ when: 'never' }, 'crashed', [undefined]],
    [{ when: 'always', retries: 2 }, 'returned', [1000, 2000, undefined]],
    [{ when: 'always', intervalMs: 6000, maxIntervalMs: 10_000 }, 'returned', [6000, 10_000, 10_000]],
    [{ when: 'always', growth: 0.5 }, 'returned', [1000, 1000]],
  ])('%j after it %s', (policy, outcome, expected) => {
    expect(waits(policy, outcome, expected.length)).toEqual(expected);
  });

  test('jitter stays within its share', () => {
    const low = new RestartSchedule({ when: 'always' }, () => 0);
    const high = new RestartSchedule({ when: 'always' }, () => 1);
    expect([low.next('crashed'), high.next('crashed')]).toEqual([900, 1100]);
  });

  test('reset starts the row anew', () => {
    const schedule = new RestartSchedule({ when: 'onFailure', jitter: 0 });
    schedule.next('crashed');
    schedule.next('crashed');
    schedule.reset();
    expect(schedule.restarts).toBe(0);
    expect(schedule.next('crashed')).toBe(1000);
  });
});
