import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { type Account, accountOf, type Reasons } from '../../support/accounting.js';
import { type EngineView, engineView } from '../../support/engines.js';
import { type GoldenSite, startGoldenSite } from '../../support/golden-site.js';
import { nodeConfig } from '../../support/node-config.js';
import { type RecordedMessage, readRecording } from '../../support/recording.js';

const NODE = 'edge123';
const REGISTERING = 'node-register-status.jsonl';
const NOTHING: Account = { missing: [], extra: [], contents: [], confirmations: [] };

/** What the Go edge sent and ours does not. */
const LEFT_OUT: Reasons = [
  [
    /^twin\/resource get membership\/detail/,
    'the Go edge says it again each idle minute, as nobody answers it; ours once per connect (devicetwin.md §8.5)',
  ],
  [/^edged\/meta (insert|patch) default\/event\//, 'events are off by default (`reportEvent`)'],
  [
    /response kube-node-lease\/lease\/\w+ OK$/,
    'no cloud waits for it, and leases are not stored (compat.md §6)',
  ],
  [/patch null\/nodepatch\/\w+ \{\}$/, 'an empty patch says nothing'],
];

/** What ours sends and the Go edge did not. */
const ONLY_OURS: Reasons = [
  [/^twin\/resource get membership\/detail/, 'once per connect, see above'],
  [
    /response null\/nodepatch\/\w+ OK$/,
    'the patched node is stored, so it is confirmed; harmless (wire.md §5.4)',
  ],
];

/** A patch holds what differs from the cloud's node, and the recorded node is another machine. */
const ALLOWED = [
  /^patch null\/nodepatch\/\w+\.status\.(addresses|capacity|allocatable|nodeInfo): not in the recording/,
  /^patch null\/nodepatch\/\w+\.status\.conditions\[\w+\]\.(message|reason|status): missing/,
  /^patch null\/nodepatch\/\w+\.status\.conditions\[\w+\]\.last\w+Time: not in the recording/,
  // Sizes of huge pages are the processor's.
  /^insert null\/node\/\w+\.status\.(capacity|allocatable)\.hugepages-\w+: (missing|not in the recording)/,
];

const isLeftOut = (message: RecordedMessage) => {
  const { source, operation, resource, content } = message;
  const text = typeof content === 'string' ? ` ${content}` : '';
  // Only what the edge sent: answers of the cloud are played.
  return LEFT_OUT.some(([pattern]) =>
    pattern.test(`${source}/${message.group} ${operation} ${resource}${text}`),
  );
};

let site: GoldenSite | undefined;
let core: EdgeCore | undefined;
let engine: EngineView | undefined;
afterEach(async () => {
  await core?.stop();
  await site?.close();
  await engine?.clean();
  core = undefined;
  site = undefined;
  engine = undefined;
});

async function start(options: Parameters<typeof startGoldenSite>[0], heartbeatSeconds?: number) {
  const opened = await startGoldenSite(options, 'current');
  site = opened;
  const dir = await tempDir();
  engine = engineView('process', NODE, dir);
  const config = await nodeConfig({
    dir,
    nodeName: NODE,
    format: 'v1alpha2',
    httpsPort: opened.httpsPort,
    hubPort: opened.hub.port,
    token: opened.token,
    runtime: 'process',
    cloudProfile: 'auto',
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
  });
  core = createEdgeCore(config);
  await core.start();
  return opened.hub;
}

/** What happens before these recordings begin is {@link REGISTERING}; its timers go on. */
const BACKGROUND: Reasons = [
  [/^websocket\/resource keepalive node ping$/, 'background traffic is left out of the recording'],
  [/ kube-node-lease\/lease\/\w+$/, 'background traffic is left out of the recording'],
  [/ null\/(node|nodepatch)\/\w+( \{.*\}| OK)?$/, 'the node registers before the recording begins'],
];
/** Ours is complete each time, so that a lost one does no harm (metamanager.md §7); §9 of edged.md says what is in it. */
const POD_PATCH = /^patch default\/podpatch\//;

// The other recorded pods run what no host has.
test('v1.23 pod-failed.jsonl: every message is answered as the Go edge answered it', async () => {
  const recording = readRecording('pod-failed.jsonl', { cloud: 'v1.23', ignore: isLeftOut });
  const before = readRecording(REGISTERING, { cloud: 'v1.23', ignore: isLeftOut });
  const hub = await start({ recording, before });
  await hub.play();
  expect(hub.matches.length).toBeGreaterThan(3);
  const reasons = { leftOut: LEFT_OUT, onlyOurs: [...ONLY_OURS, ...BACKGROUND], allowed: [POD_PATCH] };
  expect(accountOf(hub, { recording, ...reasons })).toEqual(NOTHING);
});

// Ten times faster than with a real cloud, but for the lease's 10 s: a keepalive each second, a cloud that
// hangs up after 3 s without one, and four times that for the 120 s.
test('v1.23 node-register-status.jsonl: found out, registered, patched, confirmed, and still connected (compat.md §8.1)', async () => {
  const recording = readRecording(REGISTERING, { cloud: 'v1.23', ignore: isLeftOut });
  const hub = await start({ recording, keepaliveTimeoutMs: 3000 }, 1);
  await hub.play();
  const keepalives = () => hub.received.filter(({ operation }) => operation === 'keepalive').length;
  await eventually(() => keepalives() > 12, { what: 'keepalives of 12 s' });
  const account = accountOf(hub, { recording, leftOut: LEFT_OUT, onlyOurs: ONLY_OURS, allowed: ALLOWED });
  expect(account).toEqual(NOTHING);

  const first = (operation: string, resource: string) =>
    hub.heard.findIndex((message) => message.operation === operation && message.resource === resource);
  const steps = [
    first('keepalive', 'node'),
    first('query', `kube-node-lease/lease/${NODE}`),
    first('insert', `null/node/${NODE}`),
    first('patch', `null/nodepatch/${NODE}`),
    first('update', `kube-node-lease/lease/${NODE}`),
  ];
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(steps[0]).toBe(0);
  expect(hub.heard.filter(({ resource }) => resource.includes('nodestatus'))).toEqual([]);
  expect(hub.dials).toHaveLength(1);
});
