import { createMessage } from '@edgecore/beehive';
import { expect, test } from '@jest/globals';
import { AnswerWatch } from '../src/connection/answer-watch.js';
import { PendingRequests } from '../src/outbound/pending-requests.js';
import { RateLimiter } from '../src/outbound/rate-limiter.js';
import { settled, VirtualClock } from './support/virtual-clock.js';

const DECADES_MS = 56 * 365 * 86_400_000;

/** Periods go on as if nothing had happened when the date falls back to 1970. */
test('a session that answers nothing is found, without a timer no computer can hold', async () => {
  const clock = new VirtualClock();
  const waits: number[] = [];
  const watch = new AnswerWatch({
    clock: {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      sleep(ms, signal) {
        waits.push(ms);
        return clock.sleep(ms, signal);
      },
    },
    timeoutMs: 30_000,
    limit: 2,
    readingHeldUp: () => false,
  });
  let dead = false;
  void watch.dead(new AbortController().signal).then(() => {
    dead = true;
  });
  watch.written();
  watch.written();
  clock.setBack(DECADES_MS);
  await clock.advance(30_000);
  await settled();
  expect(dead).toBe(true);
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
});

test('requests nobody waits for any more are forgotten', async () => {
  const clock = new VirtualClock();
  const pending = new PendingRequests(clock, 120_000);
  pending.add(createMessage());
  clock.setBack(DECADES_MS);
  await clock.advance(120_000);
  expect(pending.size).toBe(0);
});

test('the rate limiter fills', async () => {
  const clock = new VirtualClock();
  const limiter = new RateLimiter({ qps: 10, burst: 1 }, clock);
  expect(limiter.take()).toBe(0);
  clock.setBack(DECADES_MS);
  await clock.advance(100);
  expect(limiter.take()).toBe(0);
});
