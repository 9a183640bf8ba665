import { describe, expect, test } from '@jest/globals';
import { Backoff, goDuration } from '../../src/backoff/backoff.js';

describe('back-off (edged.md §4.3)', () => {
  test('a container that exits at once restarts after 0, 10, 20, 40, 80, 160, 300, 300 s', () => {
    const backoff = new Backoff();
    const waits: number[] = [];
    let now = 0;
    for (let restart = 0; restart < 8; restart++) {
      const exitedAt = now;
      const wait = backoff.remainingMs('c', exitedAt, now);
      now += wait;
      expect(backoff.remainingMs('c', exitedAt, now)).toBe(0);
      if (wait > 0) expect(backoff.remainingMs('c', exitedAt, now - 1)).toBe(1);
      waits.push(wait / 1000);
      backoff.next('c', now);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  test('one that ran for more than ten minutes starts over', () => {
    const backoff = new Backoff();
    backoff.next('c', 0);
    backoff.next('c', 10_000);
    expect(backoff.remainingMs('c', 610_000, 610_000)).toBe(20_000);
    expect(backoff.remainingMs('c', 610_001, 610_001)).toBe(0);
    backoff.next('c', 610_001);
    expect(backoff.delayMs('c')).toBe(10_000);
  });

  test('keys are independent and can be forgotten', () => {
    const backoff = new Backoff({ initialMs: 5 });
    backoff.next('u1_a', 0);
    backoff.next('u2_a', 0);
    backoff.forget('u1_');
    expect(backoff.remainingSinceUpdateMs('u1_a', 1)).toBe(0);
    expect(backoff.remainingSinceUpdateMs('u2_a', 1)).toBe(4);
  });
});

test.each([
  [10_000, '10s'],
  [20_000, '20s'],
  [80_000, '1m20s'],
  [160_000, '2m40s'],
  [300_000, '5m0s'],
  [3_600_000, '1h0m0s'],
])('%d ms prints as %s', (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
