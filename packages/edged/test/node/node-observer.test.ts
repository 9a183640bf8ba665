import { expect, test } from '@jest/globals';
import { NodeObserver } from '../../src/node/node-observer.js';
import { NodePressure } from '../../src/node/node-pressure.js';
import { FakeHost } from '../support/fake-host.js';
import { ManualClock } from '../support/manual-clock.js';

const never = new AbortController().signal;

function observer(runtime: { version(): Promise<{ runtime: string; version: string }> }): NodeObserver {
  const [host, clock] = [new FakeHost(), new ManualClock()];
  return new NodeObserver({
    nodeName: 'edge',
    host,
    clock,
    runtime: { name: 'docker', status: async () => ({ ready: true }), ...runtime },
    rootDirectory: '/',
    maxPods: 110,
    kubeletPort: 10_350,
    agentVersion: 'v1',
    thresholds: {},
    pressure: new NodePressure({ thresholds: { hard: {} }, rootDirectory: '/', host, clock }),
    engineTimeoutMs: 5000,
  });
}

test('an engine that goes away between two questions is down for one reason, whatever broke below', async () => {
  const causes = ['socket hang up', 'write EPIPE', 'read ECONNRESET'];
  const one = observer({
    async version() {
      throw new Error('the engine does not answer', { cause: new Error(causes.shift()) });
    },
  });
  for (const _ of [...causes]) {
    const { engine } = await one.observe(never);
    expect(engine).toEqual({ ready: false, reason: 'the engine does not answer' });
  }
});

test('the version of the engine is kept while it is down', async () => {
  let down = false;
  const one = observer({
    async version() {
      if (down) throw new Error('gone');
      return { runtime: 'docker://20.10.24', version: '20.10.24' };
    },
  });
  await one.observe(never);
  down = true;
  const { facts, engine } = await one.observe(never);
  expect(engine).toEqual({ ready: false, reason: 'gone' });
  expect(facts.runtimeVersion).toBe('docker://20.10.24');
});
