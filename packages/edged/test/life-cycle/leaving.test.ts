import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness, podObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

let clock: ManualClock;
let runtime: FakeRuntime;
let edged: Harness;

beforeEach(async () => {
  clock = new ManualClock();
  runtime = new FakeRuntime(clock);
  edged = new Harness({ runtime, clock, directory: await tempDir(), random: () => 0, cgroupsPerQos: false });
});
afterEach(() => edged.stop());

test('from the delete on nothing is told of the old uid, and the new one waits for its end', async () => {
  const containers = [{ name: 'c', image: 'busybox:1' }];
  const old = podObject({ containers, terminationGracePeriodSeconds: 30 });
  await edged.insert(old);
  await clock.until(() => edged.status(old)?.phase === 'Running');
  const before = edged.reporter.statuses.get(old.metadata.uid)!.length;
  runtime.stopDelayMs = 20_000;
  await edged.delete(old);
  const next = podObject({ containers });
  await edged.insert(next);
  await clock.until(() => runtime.calls.includes('stop c 30000'));
  const source = edged.reporter.source!;
  expect([source.holds(old.metadata.uid), source.holds(next.metadata.uid)]).toEqual([false, true]);
  await clock.advance(15_000);
  expect(edged.status(next)).toBeUndefined();
  expect(runtime.running()).toEqual(['c']);
  await clock.until(() => edged.status(next)?.phase === 'Running', 10_000);
  expect(edged.reporter.statuses.get(old.metadata.uid)).toHaveLength(before);
  expect(edged.reporter.terminated.size).toBe(0);
  expect(edged.reporter.forgotten).toEqual([old.metadata.uid]);
});

test('the newest of several successors wins, one that was deleted meanwhile never starts', async () => {
  const containers = [{ name: 'c', image: 'busybox:1' }];
  const first = podObject({ containers });
  const second = podObject({ containers });
  const third = podObject({ containers });
  await edged.insert(first);
  await clock.until(() => edged.status(first)?.phase === 'Running');
  runtime.stopDelayMs = 500;
  await edged.insert(second);
  await edged.insert(third);
  await clock.until(() => edged.status(third)?.phase === 'Running', 5000);
  expect(edged.status(second)).toBeUndefined();
  expect(runtime.calls.filter((call) => call === 'start c')).toHaveLength(2);
});
