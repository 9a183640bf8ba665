import { cloudProfiles, MutableCloudLink } from '@edgecore/api';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CertificateVerdict } from '../src/certificates/check-certificate.js';
import { rotateForEver, rotationDeadline, rotationPauseMs } from '../src/certificates/rotation.js';
import { type LogLine, recordingLog } from './support/node.js';
import { VirtualClock } from './support/virtual-clock.js';

const DAY_MS = 86_400_000;
const stop = new AbortController();
afterEach(() => stop.abort());

function rotation({ random = 0.5, lifeMs = 100_000, profile = 'current' as '2020' | 'current' } = {}) {
  const clock = new VirtualClock();
  const start = clock.now();
  const state = {
    clock,
    link: new MutableCloudLink({ profile: cloudProfiles[profile] }),
    failing: false,
    unreadable: false,
    /** Seconds since the start. */
    attempts: [] as number[],
    rotated: 0,
    verdict: { kind: 'usable', notBefore: start, notAfter: start + lifeMs } as CertificateVerdict,
    log: [] as LogLine[],
  };
  const end = new AbortController();
  stop.signal.addEventListener('abort', () => end.abort());
  const done = rotateForEver(
    {
      check: async () => {
        if (state.unreadable) throw new Error('EIO');
        return state.verdict;
      },
      renew: async () => {
        state.attempts.push((clock.now() - start) / 1000);
        if (state.failing) throw new Error('503');
        state.verdict = { kind: 'usable', notBefore: clock.now(), notAfter: clock.now() + lifeMs };
      },
      onRotated: () => {
        state.rotated += 1;
      },
      link: state.link,
      clock,
      random: () => random,
    },
    end.signal,
    recordingLog(state.log),
  );
  done.catch(() => {});
  return { ...state, state, end, done };
}

describe('rotation (edgehub.md §4, §11.9)', () => {
  test.each([0, 0.5, 0.999])(
    'a certificate of 100 s is renewed between 70 and 90 s (random %d)',
    async (random) => {
      const { clock, attempts, state } = rotation({ random });
      await clock.advance(69_900);
      expect(attempts).toEqual([]);
      await clock.advance(20_100);
      expect(attempts).toHaveLength(1);
      expect(attempts[0]).toBeCloseTo(70 + 20 * random);
      expect(state.rotated).toBe(1);
    },
  );

  test('a failing cloud is asked at +0, +2, +6, +14, +30 s and then every 32 s', async () => {
    const { clock, attempts, state, log } = rotation({ random: 0 });
    state.failing = true;
    await clock.advance(70_000 + 126_000);
    expect(attempts.map((at) => at - 70)).toEqual([0, 2, 6, 14, 30, 62, 94, 126]);
    expect(log.filter(({ level }) => level === 'error')).toHaveLength(8);
    state.failing = false;
    await clock.advance(32_000);
    expect(state.rotated).toBe(1);
  });

  test('not with a 2020 cloud; at once when the profile becomes current', async () => {
    const { clock, attempts, link, state } = rotation({ profile: '2020' });
    await clock.advance(500_000);
    expect(attempts).toEqual([]);
    link.set({ profile: cloudProfiles.current });
    await clock.advance(0);
    expect(state.rotated).toBe(1);
  });

  test('a year is slept through without overflowing a timer', async () => {
    const { clock, attempts } = rotation({ lifeMs: 365 * DAY_MS });
    await clock.advance(291 * DAY_MS);
    expect(attempts).toEqual([]);
    await clock.advance(2 * DAY_MS);
    expect(attempts).toHaveLength(1);
  });

  test('a cloud that issues certificates already old is not asked without a pause', async () => {
    const { clock, attempts, state } = rotation({ random: 0, lifeMs: 1000 });
    await clock.advance(180_000);
    expect(attempts.length).toBeLessThanOrEqual(4);
    expect(state.rotated).toBe(attempts.length);
  });

  test('files replaced by someone else move the deadline', async () => {
    const { clock, attempts, state } = rotation();
    await clock.advance(50_000);
    state.verdict = { kind: 'usable', notBefore: clock.now(), notAfter: clock.now() + 100_000 };
    await clock.advance(70_000);
    expect(attempts).toEqual([]);
    await clock.advance(20_000);
    expect(attempts).toHaveLength(1);
  });

  test('files that cannot be read for a while are watched on', async () => {
    const { clock, attempts, state, log } = rotation();
    await clock.advance(79_000);
    state.unreadable = true;
    await clock.advance(100_000);
    expect(attempts).toEqual([]);
    expect(log.some(({ text }) => text.includes('EIO'))).toBe(true);
    state.unreadable = false;
    await clock.advance(60_000);
    expect(attempts).toHaveLength(1);
  });

  test('ends with its signal, also while waiting for a cloud that rotates', async () => {
    const { clock, end, done } = rotation({ profile: '2020' });
    await clock.advance(200_000);
    end.abort(new Error('stopping'));
    await expect(done).rejects.toThrow('stopping');
  });
});

test('the deadline lies in [70 %, 90 %) of the validity', () => {
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2e12 }),
      fc.integer({ min: 1, max: 4e12 }),
      unit,
      (notBefore, life, random) => {
        const share =
          (rotationDeadline({ notBefore, notAfter: notBefore + life }, random) - notBefore) / life;
        expect(share).toBeGreaterThanOrEqual(0.7 - 1e-3);
        expect(share).toBeLessThanOrEqual(0.9 + 1e-3);
      },
    ),
  );
});

test('pauses are at most 10 % longer', () => {
  expect([0, 1, 2, 3, 4, 5, 1000].map((attempt) => rotationPauseMs(attempt, 1))).toEqual(
    [2, 4, 8, 16, 32, 32, 32].map((seconds) => expect.closeTo(seconds * 1100)),
  );
});
