import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NodePressure } from '../../src/node/node-pressure.js';
import { judgePressure, NO_PRESSURE, type PressureMemory } from '../../src/node/pressure.js';
import type { Samples } from '../../src/node/samples.js';
import { type EvictionThresholds, thresholdRules } from '../../src/node/threshold-rules.js';
import { FakeClock } from '../support/fake-clock.js';
import { DISK, FakeHost } from '../support/fake-host.js';

const MIB = 2 ** 20;
const HARD = { 'memory.available': '100Mi', 'nodefs.inodesFree': '5%', 'pid.available': '10%' };

/** Looks one after the other, as a node does them. */
function watch(thresholds: EvictionThresholds, transitionMs = 300_000) {
  const rules = thresholdRules(thresholds);
  let memory: PressureMemory = NO_PRESSURE;
  return (now: number, samples: Samples) => {
    const verdict = judgePressure(memory, samples, { rules, transitionMs }, now);
    memory = verdict.memory;
    return {
      conditions: [...verdict.conditions],
      due: verdict.due.map(({ rule }) => `${rule.kind} ${rule.signal}`),
    };
  };
}

const memory = (left: number): Samples => ({ 'memory.available': { whole: 1024 * MIB, left: left * MIB } });

describe('conditions', () => {
  test.each([
    ['memory.available', 2 ** 30, 100 * MIB, 'MemoryPressure'],
    ['nodefs.inodesFree', 1000, 50, 'DiskPressure'],
    ['pid.available', 32_768, 3276, 'PIDPressure'],
  ] as const)('%s: set below the threshold, not at it', (signal, whole, limit, condition) => {
    const look = watch({ hard: HARD });
    expect(look(0, { [signal]: { whole, left: limit } }).conditions).toEqual([]);
    expect(look(0, { [signal]: { whole, left: limit - 1 } })).toEqual({
      conditions: [condition],
      due: [`hard ${signal}`],
    });
  });

  test('cleared five minutes after the last time, a missing figure decides nothing', () => {
    const look = watch({ hard: HARD });
    look(0, memory(0));
    look(100_000, memory(0));
    expect(look(399_999, {})).toEqual({ conditions: ['MemoryPressure'], due: [] });
    expect(look(400_000, {}).conditions).toEqual([]);
  });

  test('a file system that counts no inodes is not out of them', () => {
    expect(watch({ hard: HARD })(0, { 'nodefs.inodesFree': { whole: 0, left: 0 } }).conditions).toEqual([]);
  });

  test.each(['0%', '100%'])('%s switches a signal off', (off) => {
    expect(thresholdRules({ hard: { 'memory.available': off } })).toEqual([]);
  });
});

describe('what is due', () => {
  const soft = {
    hard: {},
    soft: { 'memory.available': '200Mi' },
    softGraceMs: { 'memory.available': 60_000 },
  } as const;

  test('a soft threshold shows at once and is due after its grace period', () => {
    const look = watch(soft);
    expect(look(0, memory(150))).toEqual({ conditions: ['MemoryPressure'], due: [] });
    expect(look(59_999, memory(150)).due).toEqual([]);
    expect(look(60_000, memory(150)).due).toEqual(['soft memory.available']);
  });

  test('the grace period starts anew when the threshold was not met in between', () => {
    const look = watch(soft);
    look(0, memory(150));
    look(30_000, memory(250));
    look(40_000, memory(150));
    expect(look(99_999, memory(150)).due).toEqual([]);
    expect(look(100_000, memory(150)).due).toEqual(['soft memory.available']);
  });

  test('once met, a threshold stays so until its minimum reclaim is free, too', () => {
    const look = watch({ hard: HARD, minimumReclaim: { 'memory.available': '50Mi' } });
    expect(look(0, memory(120)).due).toEqual([]);
    expect(look(1, memory(99)).due).toEqual(['hard memory.available']);
    expect(look(2, memory(149)).due).toEqual(['hard memory.available']);
    expect(look(3, memory(150)).due).toEqual([]);
    expect(look(4, memory(120)).due).toEqual([]);
  });

  test('whatever the figures: due only what is met, and then its condition holds', () => {
    const looks = fc.array(fc.record({ wait: fc.nat(100_000), left: fc.nat(300) }), { maxLength: 30 });
    fc.assert(
      fc.property(looks, (all) => {
        const look = watch({ ...soft, hard: { 'memory.available': '100Mi' } }, 50_000);
        let now = 0;
        let lastMet = Number.NEGATIVE_INFINITY;
        for (const { wait, left } of all) {
          now += wait;
          const { conditions, due } = look(now, memory(left));
          if (left < 200) lastMet = now;
          expect(due.includes('hard memory.available')).toBe(left < 100);
          if (due.includes('soft memory.available')) expect(left).toBeLessThan(200);
          expect(conditions).toEqual(now - lastMet < 50_000 ? ['MemoryPressure'] : []);
        }
      }),
    );
  });
});

describe('the file system of the images', () => {
  const disk = (device: number, availableBytes: number) => ({ ...DISK, device, availableBytes });

  test('is looked at where the engine says, and told apart from the node’s', async () => {
    const host = new FakeHost();
    host.fileSystem = async (path?: string) => (path === '/docker' ? disk(2, 0) : disk(1, 2 ** 40));
    const roots = [Promise.reject(new Error('the engine is down')), Promise.resolve('/docker')];
    const pressure = new NodePressure({
      thresholds: { hard: { 'imagefs.available': '1Gi', 'nodefs.available': '1Gi' } },
      rootDirectory: '/edged',
      imageRoot: () => roots.shift()!,
      host,
      clock: new FakeClock(),
    });
    expect((await pressure.observe()).due).toEqual([]);
    expect(await pressure.hasImageFileSystem()).toBe(false);
    const { due } = await pressure.observe();
    expect(due.map(({ rule }) => rule.signal)).toEqual(['imagefs.available']);
    expect(await pressure.hasImageFileSystem()).toBe(true);
  });
});
