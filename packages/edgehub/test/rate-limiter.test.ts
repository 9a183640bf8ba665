import { expect, test } from '@jest/globals';
import { RateLimiter } from '../src/outbound/rate-limiter.js';
import { VirtualClock } from './support/virtual-clock.js';

test('without a limit nothing waits', () => {
  const limiter = new RateLimiter(undefined, new VirtualClock());
  expect(Array.from({ length: 1000 }, () => limiter.take())).toEqual(Array(1000).fill(0));
});

test('a burst at once, then the rate, then a burst again after a pause', async () => {
  const clock = new VirtualClock();
  const limiter = new RateLimiter({ qps: 30, burst: 60 }, clock);
  const takeAll = () => {
    let taken = 0;
    while (limiter.take() === 0) taken++;
    return taken;
  };
  expect(takeAll()).toBe(60);
  expect(limiter.take()).toBeLessThanOrEqual(34);
  await clock.advance(1000);
  expect(takeAll()).toBe(30);
  await clock.advance(3_600_000);
  expect(takeAll()).toBe(60);
});

test('waiting as long as told is enough, also for slow rates', async () => {
  const clock = new VirtualClock();
  const limiter = new RateLimiter({ qps: 0.3, burst: 1 }, clock);
  expect(limiter.take()).toBe(0);
  for (let n = 0; n < 20; n++) {
    const waitMs = limiter.take();
    expect(waitMs).toBeGreaterThan(3300);
    await clock.advance(waitMs);
    expect(limiter.take()).toBe(0);
  }
});
