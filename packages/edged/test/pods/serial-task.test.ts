import { describe, expect, test } from '@jest/globals';
import { SerialTask } from '../../src/pods/serial-task.js';
import { ManualClock } from '../support/manual-clock.js';

describe('a serial task', () => {
  const microtasks = async (count: number) => {
    for (let i = 0; i < count; i++) await Promise.resolve();
  };

  test.each([...Array(12).keys()])('a request %i microtasks after the first is never lost', async (turns) => {
    let runs = 0;
    const task = new SerialTask(new ManualClock(), async () => {
      runs += 1;
      return undefined;
    });
    task.request();
    await microtasks(turns);
    task.request();
    await microtasks(20);
    expect(runs).toBe(2);
    await task.close();
  });

  test('requests while it runs are one more run, and the timer of a run is replaced', async () => {
    const clock = new ManualClock();
    let runs = 0;
    const task = new SerialTask(clock, async () => {
      runs += 1;
      if (runs === 1) for (let i = 0; i < 3; i++) task.request();
      return 1000;
    });
    task.request();
    await clock.advance(999);
    expect(runs).toBe(2);
    await clock.advance(1);
    expect(runs).toBe(3);
    await task.close();
    await clock.advance(10_000);
    expect(runs).toBe(3);
  });
});
