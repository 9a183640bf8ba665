import { expect, test } from '@jest/globals';
import { CpuRates } from '../../../src/server/stats/rates.js';
import { settle } from '../../support/manual-clock.js';
import { figuresRig } from './figures-rig.js';

/** Answers when opened. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('answers within a second share a sample, and so do those that wait for a slow engine', async () => {
  const rig = figuresRig();
  await rig.pod('a');
  const { opened, open } = gate();
  rig.runtime.gate = opened;
  const answers = [rig.get('/metrics/resource')];
  for (let second = 0; second < 5; second++) {
    await rig.clock.advance(1500);
    answers.push(rig.get('/metrics/resource'));
  }
  open();
  expect(new Set(await Promise.all(answers)).size).toBe(1);
  expect(rig.runtime.asked).toHaveLength(2);
  await rig.get('/metrics/resource');
  expect(rig.runtime.asked).toHaveLength(4);
  await rig.clock.advance(999);
  await rig.get('/metrics/resource');
  expect(rig.runtime.asked).toHaveLength(4);
});

test('disks are measured once a minute', async () => {
  const rig = figuresRig();
  await rig.pod('a');
  const usedBytes = async () =>
    JSON.parse(await rig.get('/stats/summary')).pods[0].containers[0].rootfs?.usedBytes;
  const walks = () => rig.runtime.asked.filter((what) => what.startsWith('disk')).length;
  expect(await usedBytes()).toBe(1000);
  await rig.clock.advance(59_000);
  expect(await usedBytes()).toBe(1000);
  expect(walks()).toBe(1);
  await rig.clock.advance(1000);
  await usedBytes();
  expect(walks()).toBe(2);
});

test('a disk that takes its time holds an answer for three seconds: it has the figures from before', async () => {
  const rig = figuresRig();
  await rig.pod('a');
  await rig.get('/stats/summary');
  await rig.clock.advance(60_000);
  await rig.get('/metrics/resource');
  const { opened, open } = gate();
  rig.runtime.gate = opened;
  let text: string | undefined;
  const answer = rig.get('/stats/summary').then((body) => {
    text = body;
  });
  await rig.clock.advance(2999);
  expect(text).toBeUndefined();
  await rig.clock.advance(1);
  await answer;
  expect(JSON.parse(text!).pods[0].containers[0].rootfs).toMatchObject({
    usedBytes: 1000,
    time: '2026-11-23T08:00:00Z',
  });
  open();
  rig.runtime.gate = undefined;
  await settle();
  const later = JSON.parse(await rig.get('/stats/summary')).pods[0].containers[0];
  expect(later.rootfs.time).toBe('2026-11-23T08:01:03Z');
});

test('a scraper that comes each minute, and a little late, gets rates', () => {
  const rates = new CpuRates();
  expect(rates.note('c', 0, 0n)).toBeUndefined();
  expect(rates.note('c', 60_400, 6_040_000_000n)).toBe(100_000_000);
  // Two minutes are no longer what it does now.
  expect(rates.note('c', 180_400, 7_000_000_000n)).toBeUndefined();
  // Started anew.
  expect(rates.note('c', 190_400, 1n)).toBeUndefined();
});
