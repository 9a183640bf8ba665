import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness, type PodObject, podObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

describe('after the loss of the database', () => {
  let clock: ManualClock;
  let runtime: FakeRuntime;
  let directory: string;
  let edged: Harness;
  let old: PodObject;
  const containers = [{ name: 'c', image: 'busybox:1' }];
  const start = (databaseRecreated: boolean) =>
    new Harness({ runtime, clock, directory, random: () => 0, cgroupsPerQos: false, databaseRecreated });

  beforeEach(async () => {
    clock = new ManualClock();
    runtime = new FakeRuntime(clock);
    directory = await tempDir();
    old = podObject({ containers });
    const before = start(false);
    await before.insert(old);
    await clock.until(() => before.status(old)?.phase === 'Running');
    await before.stop();
    edged = start(true);
    await clock.advance(30_000);
    expect(runtime.running()).toEqual(['c']);
  });
  afterEach(() => edged.stop());

  const isOldGone = () => [...runtime.containers.values()].every(({ pod }) => pod.uid !== old.metadata.uid);

  test('a pod of the same name and another uid takes the place of an adopted one', async () => {
    const next = podObject({ containers });
    await edged.insert(next);
    await clock.until(() => edged.status(next)?.phase === 'Running', 20_000);
    await clock.until(isOldGone, 20_000);
    expect(runtime.running()).toEqual(['c']);
  });

  test('the same pod coming again is taken over as it runs', async () => {
    await edged.insert(old);
    await clock.until(() => edged.status(old)?.phase === 'Running', 20_000);
    await clock.advance(60_000);
    expect(runtime.calls.filter((call) => call.startsWith('start'))).toEqual(['start c']);
    expect(runtime.running()).toEqual(['c']);
  });

  test('a delete that comes while the engine is away is done when it is back', async () => {
    runtime.setDown(true);
    await edged.delete(old);
    await clock.advance(5000);
    runtime.setDown(false);
    await clock.until(isOldGone, 30_000);
  });
});
