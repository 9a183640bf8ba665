import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLogger } from '@edgecore/api';
import type { RuntimeEvent } from '@edgecore/container-runtime';
import { describe, expect, test } from '@jest/globals';
import { RuntimeWatch } from '../../src/observe/runtime-watch.js';
import type { Clock } from '../../src/ports/clock.js';
import { FakeRuntime } from '../support/fake-runtime.js';
import { ManualClock } from '../support/manual-clock.js';

describe('the watch over the engine', () => {
  test('two days of a quiet engine leave nothing in memory', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const ending = new AbortController();
    let lists = 0;
    const used: number[] = [];
    const measure = () => {
      gc();
      used.push(process.memoryUsage().heapUsed);
    };
    // Every wait is over in the next turn: 10 s each for the watch.
    const clock: Clock = {
      now: () => 0,
      after(_delayMs, callback) {
        const soon = setImmediate(callback);
        return () => clearImmediate(soon);
      },
    };
    const watch = new RuntimeWatch({
      runtime: new FakeRuntime(new ManualClock()),
      clock,
      log: silentLogger,
      onChange: () => undefined,
      onRelist: () => {
        lists += 1;
        if (lists === 1000 || lists === 18_000) measure();
        if (lists === 18_000) ending.abort(new Error('the test is over'));
      },
    });
    await watch.run(ending.signal);
    expect(used[1]! - used[0]!).toBeLessThan(3_000_000);
  });

  test('a stream that ends is listened to again after a second, not at the next list', async () => {
    const clock = new ManualClock();
    const runtime = new FakeRuntime(clock);
    let streams = 0;
    let endStream = () => {};
    runtime.events = async function* (signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
      streams += 1;
      await new Promise<void>((resolve) => {
        endStream = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    };
    const ending = new AbortController();
    const watch = new RuntimeWatch({
      runtime,
      clock,
      log: silentLogger,
      onChange: () => undefined,
      onRelist: () => undefined,
    });
    const running = watch.run(ending.signal);
    await clock.advance(3000);
    expect(streams).toBe(1);
    endStream();
    await clock.advance(999);
    expect(streams).toBe(1);
    await clock.advance(1);
    expect(streams).toBe(2);
    ending.abort(new Error('the test is over'));
    await running;
  });
});
