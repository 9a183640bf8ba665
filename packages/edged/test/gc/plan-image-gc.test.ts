import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ImageRecord, ImageRecords } from '../../src/gc/image-records.js';
import { type ImageGcRules, planImageGc } from '../../src/gc/plan-image-gc.js';

const GIB = 2 ** 30;
const NOW = 10_000_000;
const RULES: ImageGcRules = { highPercent: 85, lowPercent: 80, minAgeMs: 120_000, maxAgeMs: 0 };

function image(id: string, idleMs: number, more: Partial<ImageRecord> = {}): ImageRecord {
  return { id, name: id, sizeBytes: 1, inUse: false, lastUsedAt: NOW - idleMs, ...more };
}

function plan(images: ImageRecord[], usedPercent: number, rules: Partial<ImageGcRules> = {}) {
  return planImageGc({
    images,
    pinned: new Set(['pause']),
    space: { capacityBytes: 100 * GIB, availableBytes: (100 - usedPercent) * GIB },
    rules: { ...RULES, ...rules },
    now: NOW,
  });
}

const ids = (images: readonly ImageRecord[]) => images.map(({ id }) => id);

test('room is wanted from the high threshold on, down to the low one', () => {
  expect(plan([], 84.9).wantedBytes).toBe(0);
  expect(plan([], 85).wantedBytes).toBe(20 * GIB);
  expect(plan([], 100).wantedBytes).toBe(20 * GIB);
});

test('least recently used first, of equals the largest', () => {
  const images = [
    image('small', 300_000),
    image('recent', 200_000, { sizeBytes: 50 }),
    image('large', 300_000, { sizeBytes: 9 }),
  ];
  expect(ids(plan(images, 90).candidates)).toEqual(['large', 'small', 'recent']);
});

test('images in use, the pause image and young ones stay', () => {
  const images = [
    image('used', 0, { inUse: true }),
    image('pause', 900_000),
    image('young', 119_999),
    image('old', 120_000),
  ];
  expect(ids(plan(images, 99).candidates)).toEqual(['old']);
});

test('with a maximum age, what is unused for longer goes while there is room', () => {
  const images = [image('a', 3_600_001), image('b', 3_600_000)];
  const { expired, candidates, wantedBytes } = plan(images, 10, { maxAgeMs: 3_600_000 });
  expect([ids(expired), ids(candidates), wantedBytes]).toEqual([['a'], ['b'], 0]);
  expect(plan(images, 10).expired).toEqual([]);
});

test('a high threshold of 100 removes nothing', () => {
  expect(plan([image('a', 9e9)], 100, { highPercent: 100, maxAgeMs: 1 })).toEqual({
    expired: [],
    candidates: [],
    wantedBytes: 0,
  });
});

test('a file system whose size is not known wants no room', () => {
  const space = { capacityBytes: 0, availableBytes: 0 };
  expect(planImageGc({ images: [], pinned: new Set(), space, rules: RULES, now: NOW }).wantedBytes).toBe(0);
});

test('the use of an image is remembered; one never used counts from its first sight', () => {
  const records = new ImageRecords();
  const images = ['a', 'b'].map((id) => ({ id, tags: [], digests: [], sizeBytes: 1, user: '' }));
  const look = (now: number, used: string[]) =>
    records.observe({ images, used: new Set(used), now }).map(({ lastUsedAt }) => lastUsedAt);
  expect(look(1, [])).toEqual([1, 1]);
  expect(look(2, ['b'])).toEqual([1, 2]);
  expect(look(3, [])).toEqual([1, 2]);
  records.observe({ images: [], used: new Set(), now: 4 });
  expect(look(5, [])).toEqual([5, 5]);
});

test('whatever the images: nothing that must stay is planned, nothing is planned twice', () => {
  const anyImage = fc.record({
    id: fc.constantFrom('pause', 'a', 'b', 'c', 'd', 'e'),
    sizeBytes: fc.nat(1000),
    inUse: fc.boolean(),
    idleMs: fc.nat(500_000),
  });
  const input = fc.uniqueArray(anyImage, { selector: ({ id }) => id });
  fc.assert(
    fc.property(input, fc.nat(100), fc.nat(100), fc.nat(400_000), (all, used, highPercent, maxAgeMs) => {
      const images = all.map(({ id, idleMs, ...more }) => image(id, idleMs, more));
      const { expired, candidates } = plan(images, used, { highPercent, maxAgeMs });
      const planned = [...expired, ...candidates];
      expect(new Set(ids(planned)).size).toBe(planned.length);
      for (const one of planned) {
        expect(one.inUse || one.id === 'pause' || NOW - one.lastUsedAt < RULES.minAgeMs).toBe(false);
      }
      const times = candidates.map(({ lastUsedAt }) => lastUsedAt);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }),
  );
});
