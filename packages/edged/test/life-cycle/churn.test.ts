import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../../src/ports/clock.js';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness, podObject } from '../support/harness.js';

/** Real time that counts the timers that are set. */
class CountingClock implements Clock {
  pending = 0;
  now = systemClock.now;

  after(delayMs: number, callback: () => void): () => void {
    this.pending += 1;
    let isOver = false;
    const over = () => {
      if (!isOver) this.pending -= 1;
      isOver = true;
    };
    const cancel = systemClock.after(delayMs, () => {
      over();
      callback();
    });
    return () => {
      over();
      cancel();
    };
  }
}

test('300 pods that came and went leave nothing: no memory, no timer, no file', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const clock = new CountingClock();
  const runtime = new FakeRuntime(clock);
  const directory = await tempDir();
  const edged = new Harness({ runtime, clock, directory, random: () => 0, cgroupsPerQos: false });
  edged.objects.configMap('m', { k: 'v' });
  const probe = { exec: { command: ['true'] }, periodSeconds: 5 };
  const spec = {
    containers: [
      {
        name: 'c',
        image: 'busybox:1',
        readinessProbe: probe,
        livenessProbe: probe,
        volumeMounts: [
          { name: 'm', mountPath: '/m' },
          { name: 'e', mountPath: '/e' },
        ],
      },
    ],
    volumes: [
      { name: 'm', configMap: { name: 'm' } },
      { name: 'e', emptyDir: {} },
    ],
  };
  const round = async (count: number) => {
    const pods = [...Array(count).keys()].map((index) => podObject(spec, { name: `p-${index}` }));
    for (const pod of pods) await edged.insert(pod);
    await eventually(() => runtime.running().length === count, { timeoutMs: 20_000 });
    for (const pod of pods) await edged.terminate(pod);
    await eventually(() => pods.every(({ metadata }) => edged.reporter.terminated.has(metadata.uid)), {
      timeoutMs: 20_000,
    });
    for (const pod of pods) await edged.delete(pod);
    await eventually(() => pods.every(({ metadata }) => edged.reporter.forgotten.includes(metadata.uid)), {
      timeoutMs: 20_000,
    });
    // What the test itself remembers.
    edged.reporter.statuses.clear();
    edged.reporter.terminated.clear();
    edged.reporter.forgotten.length = 0;
    edged.events.length = 0;
    runtime.calls.length = 0;
    gc();
    return { heap: process.memoryUsage().heapUsed, timers: clock.pending };
  };
  const first = await round(30);
  for (let i = 0; i < 2; i++) await round(85);
  const last = await round(100);

  expect(last.timers).toBe(first.timers);
  expect(last.heap - first.heap).toBeLessThan(3_000_000);
  expect(edged.edged.pods()).toEqual([]);
  expect([runtime.containers.size, runtime.sandboxes.size]).toEqual([0, 0]);
  expect(readdirSync(join(directory, 'root/pods'))).toEqual([]);
  expect(readdirSync(join(directory, 'logs'))).toEqual([]);
  await edged.stop();
});
