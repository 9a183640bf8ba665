import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ProbeKind, type ProbeResult, ProbeWorker } from '../../src/probes/probe-worker.js';
import { ManualClock } from '../support/manual-clock.js';

describe('a probe (edged.md §9.5)', () => {
  let clock: ManualClock;
  let answers: ProbeResult[];
  let runs: number[];
  let changes: string[];
  let allowed: boolean;
  let worker: ProbeWorker | undefined;

  const start = (kind: ProbeKind, probe: object, { initial = 'failure', age = 0 } = {}) => {
    const startedAt = clock.now() - age;
    worker = new ProbeWorker({
      probe: { periodSeconds: 10, ...probe },
      kind,
      startedAt,
      initial: initial as ProbeResult,
      clock,
      random: () => 0.5,
      run: async () => {
        runs.push((clock.now() - startedAt) / 1000);
        const result = answers.shift() ?? 'success';
        return { result, text: 'seen' };
      },
      mayRun: () => allowed,
      onResult: () => changes.push(`${(clock.now() - startedAt) / 1000} ${worker!.result}`),
      onFailure: () => {},
    });
    return worker;
  };

  beforeEach(() => {
    clock = new ManualClock();
    answers = [];
    runs = [];
    changes = [];
    allowed = true;
  });
  afterEach(() => worker?.stop());

  test('first after the initial delay, then each period', async () => {
    start('readiness', { initialDelaySeconds: 5 });
    await clock.advance(26_000);
    expect(runs).toEqual([5, 15, 25]);
    expect(changes).toEqual(['5 success']);
  });

  test('three failures in a row are a failure, one success is a success', async () => {
    answers = ['failure', 'failure', 'success', 'failure', 'failure', 'failure', 'success'];
    start('liveness', {}, { initial: 'success' });
    await clock.advance(65_000);
    expect(changes).toEqual(['50 failure', '60 success']);
  });

  test('thresholds of its own', async () => {
    answers = ['success', 'success', 'failure'];
    start('readiness', { successThreshold: 2, failureThreshold: 1, periodSeconds: 1 });
    await clock.advance(2500);
    expect(changes).toEqual(['1 success', '2 failure']);
  });

  test('unknown changes nothing and breaks no row', async () => {
    answers = ['failure', 'unknown', 'failure'];
    start('liveness', { failureThreshold: 2 }, { initial: 'success' });
    await clock.advance(25_000);
    expect(changes).toEqual(['20 failure']);
  });

  test('waits for the startup probe', async () => {
    allowed = false;
    start('liveness', {}, { initial: 'success' });
    await clock.advance(15_000);
    expect(runs).toEqual([]);
    allowed = true;
    await clock.advance(10_000);
    expect(runs).toEqual([20]);
  });

  test('a startup probe ends when it has passed', async () => {
    answers = ['failure', 'success'];
    start('startup', { periodSeconds: 1 }, { initial: 'unknown' });
    await clock.advance(10_000);
    expect(runs).toEqual([0, 1]);
    expect(changes).toEqual(['1 success']);
  });

  test('after a restart of the agent it starts somewhere in the period', async () => {
    start('liveness', {}, { initial: 'success', age: 60_000 });
    await clock.advance(4900);
    expect(runs).toEqual([]);
    await clock.advance(200);
    expect(runs).toEqual([65]);
  });

  test('stopped: silent', async () => {
    start('readiness', {}).stop();
    await clock.advance(30_000);
    expect(runs).toEqual([]);
  });
});
