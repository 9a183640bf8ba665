import { type Logger, silentLogger } from '@edgecore/api';
import { expect, test } from '@jest/globals';
import { parsePod } from '../../src/pods/parse-pod.js';
import { logEvents } from '../../src/ports/pod-events.js';
import { podObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

test('a warning that repeats itself is one line per ten minutes; another one is told at once', async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log: Logger = { ...silentLogger, warn: (...args: unknown[]) => void lines.push(String(args.at(-1))) };
  const pod = parsePod(podObject({ containers: [{ name: 'c', image: 'i' }] }));
  const tell = logEvents(log, clock);
  const fail = (message: string) => tell({ pod, type: 'Warning', reason: 'FailedMount', message });
  for (let i = 0; i < 100; i++) {
    fail('configmap "m" not found');
    await clock.advance(10_000);
  }
  expect(lines).toHaveLength(2);
  fail('configmap "n" not found');
  expect(lines).toHaveLength(3);
  tell({ pod, type: 'Normal', reason: 'Pulled', message: 'x' });
  expect(lines).toHaveLength(3);
});
