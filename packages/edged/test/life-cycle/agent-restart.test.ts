import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness, podObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

describe('an agent that is started again', () => {
  let clock: ManualClock;
  let runtime: FakeRuntime;
  let directory: string;
  let edged: Harness;
  const containers = [{ name: 'c', image: 'busybox:1' }];
  const start = () =>
    new Harness({
      runtime,
      clock,
      directory,
      random: () => 0,
      cgroupsPerQos: false,
      databaseRecreated: false,
    });
  const restart = async (between: () => unknown = () => {}) => {
    await edged.stop();
    await between();
    await clock.advance(30_000);
    edged = start();
  };

  beforeEach(async () => {
    clock = new ManualClock();
    runtime = new FakeRuntime(clock);
    directory = await tempDir();
    edged = start();
  });
  afterEach(() => edged.stop());

  test('tells the start time and the transitions it told before', async () => {
    const pod = podObject({ containers });
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Running');
    const before = edged.status(pod)!;
    await restart();
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Running');
    await clock.advance(5000);
    expect(edged.status(pod)).toEqual(before);
  });

  test('does not run a failed pod again whose containers are gone, and says why it failed', async () => {
    const pod = podObject({ containers, activeDeadlineSeconds: 10 });
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.reason === 'DeadlineExceeded', 30_000);
    const { message } = edged.status(pod)!;
    await clock.until(() => runtime.running().length === 0, 60_000);
    await restart(() => {
      runtime.containers.clear();
      runtime.sandboxes.clear();
    });
    await edged.insert(pod);
    await clock.advance(60_000);
    expect(edged.status(pod)).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded', message });
    expect(runtime.running()).toEqual([]);
  });

  test('counts a deadline from the first start', async () => {
    const pod = podObject({ containers, activeDeadlineSeconds: 50 });
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Running');
    await restart();
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.reason === 'DeadlineExceeded', 21_000);
  });

  test.each(['', '{', '[]', '7'])('works on with a damaged record: %j', async (text) => {
    const pod = podObject({ containers });
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Running');
    const file = join(directory, 'root', 'pods', pod.metadata.uid, 'status.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(edged.status(pod));
    await restart(() => writeFile(file, text));
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Running');
    expect(runtime.calls.filter((call) => call.startsWith('start'))).toEqual(['start c']);
  });
});
