import { silentLogger } from '@edgecore/api';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { announceDrivers } from '../../src/csi/registration/announce-drivers.js';
import { DriverRegistry } from '../../src/csi/registration/driver-registry.js';
import { ManualClock } from '../support/manual-clock.js';

let clock: ManualClock;
let registry: DriverRegistry;
let end: AbortController;
let running: Promise<void>;
let fails = 0;
const sent: unknown[] = [];

beforeEach(() => {
  clock = new ManualClock();
  registry = new DriverRegistry();
  end = new AbortController();
  sent.length = 0;
  const node = {
    update: async (name: string, object: { metadata?: { annotations?: Record<string, string> } }) => {
      sent.push([name, object.metadata?.annotations]);
      if (fails-- > 0) throw new Error('no answer');
    },
  };
  const options = { nodeName: 'edge-1', registry, clock, log: silentLogger, retryMs: 5000, retryMaxMs: 8000 };
  running = announceDrivers({ node, ...options }, end.signal);
});
afterEach(async () => {
  end.abort(new Error('stopped'));
  await running;
});

const add = (name: string, nodeId: string) =>
  registry.add({ name, nodeId, endpoint: '/s', registeredBy: `/${name}` });
const annotation = (text: string) => ['edge-1', { 'csi.volume.kubernetes.io/nodeid': text }];

test('what drivers call this node is told once, again when it changes, and not when they vanish', async () => {
  await clock.advance(60_000);
  expect(sent).toEqual([]);
  add('b.example.org', 'n-b');
  await clock.advance(60_000);
  add('a.example.org', 'n-a');
  await clock.advance(60_000);
  registry.removeBy('/a.example.org');
  add('b.example.org', 'n-b');
  await clock.advance(60_000);
  expect(sent).toEqual([
    annotation('{"b.example.org":"n-b"}'),
    annotation('{"a.example.org":"n-a","b.example.org":"n-b"}'),
  ]);
});

test('a cloud that does not take it is asked again, less and less often', async () => {
  fails = 2;
  add('a', 'n');
  await clock.advance(4999);
  expect(sent).toHaveLength(1);
  await clock.advance(1);
  expect(sent).toHaveLength(2);
  await clock.advance(8000);
  expect(sent).toHaveLength(3);
  await clock.advance(60_000);
  expect(sent).toHaveLength(3);
});
