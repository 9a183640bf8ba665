import type { CloudProfileSetting } from '@edgecore/api';
import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import type { GoldenCloud } from '../../support/golden-cloud.js';
import { type GoldenSite, startGoldenSite } from '../../support/golden-site.js';
import { nodeConfig } from '../../support/node-config.js';
import { readProbes } from '../../support/probes.js';
import { type Recording, readRecording } from '../../support/recording.js';

let site: GoldenSite | undefined;
let core: EdgeCore | undefined;
afterEach(async () => {
  await core?.stop();
  await site?.close();
});

interface Start {
  readonly recording: Recording;
  readonly nodeName: string;
  readonly cloud: '2020' | 'current';
  readonly cloudProfile: CloudProfileSetting;
}

async function start({ recording, nodeName, cloud, cloudProfile }: Start): Promise<GoldenCloud> {
  site = await startGoldenSite({ recording }, cloud);
  const config = await nodeConfig({
    dir: await tempDir(),
    nodeName,
    format: cloud === '2020' ? 'v1alpha1' : 'v1alpha2',
    httpsPort: site.httpsPort,
    hubPort: site.hub.port,
    token: site.token,
    runtime: 'process',
    cloudProfile,
    nodeStatusSeconds: 1,
  });
  core = createEdgeCore(config);
  await core.start();
  return site.hub;
}

/** How often this went up so far. */
function times(hub: GoldenCloud, operation: string, resource: string): number {
  return hub.heard.filter((one) => one.operation === operation && one.resource === resource).length;
}

test('a cloud of nothing but the answers measured at v1.23 lets a node in (compat.md §8.8)', async () => {
  const { nodeName, recording } = readProbes('hub-probe.jsonl');
  const hub = await start({ recording, nodeName, cloud: 'current', cloudProfile: 'auto' });
  const lease = `kube-node-lease/lease/${nodeName}`;
  await eventually(() => times(hub, 'patch', `null/nodepatch/${nodeName}`) >= 3, { what: 'three patches' });
  // The node exists already, in that recording: told once, it is patched from then on.
  expect(times(hub, 'insert', `null/node/${nodeName}`)).toBe(1);
  expect(times(hub, 'query', lease)).toBeGreaterThan(0);
  expect(hub.heard.filter(({ resource }) => resource.includes('nodestatus'))).toEqual([]);
});

test('a cloud of nothing but the answers measured at 2020 lets a node in (compat.md §8.8)', async () => {
  const { nodeName, recording } = readProbes('hub-probe-cloud2020.jsonl');
  const hub = await start({ recording, nodeName, cloud: '2020', cloudProfile: '2020' });
  await eventually(() => times(hub, 'update', `default/nodestatus/${nodeName}`) >= 3, {
    what: 'three statuses',
  });
  expect(times(hub, 'insert', `default/nodestatus/${nodeName}`)).toBe(1);
  expect(hub.heard.filter(({ resource }) => /lease|nodepatch|null\/node/.test(resource))).toEqual([]);
});

// 20 s of waiting for answers a cloud of 2020 never gives.
test('auto with a cloud of 2020: two lease queries in vain, then the forms of 2020 (compat.md §8.2)', async () => {
  const recording = readRecording('node-register-status.jsonl', {
    ignore: ({ source }) => source === 'twin',
  });
  const nodeName = 'edge-2020';
  const lease = `kube-node-lease/lease/${nodeName}`;
  const began = performance.now();
  const hub = await start({ recording, nodeName, cloud: '2020', cloudProfile: 'auto' });
  const status = `default/nodestatus/${nodeName}`;
  await eventually(() => times(hub, 'insert', status) > 0, { timeoutMs: 30_000, what: 'the registration' });
  expect(performance.now() - began).toBeGreaterThan(19_900);
  const before = hub.heard.slice(
    0,
    hub.heard.findIndex(({ resource }) => resource === status),
  );
  expect(
    before
      .map(({ operation, resource }) => `${operation} ${resource}`)
      // The twin's question comes with the decision, as the registration does.
      .filter((one) => one !== 'keepalive node' && one !== 'get membership/detail'),
  ).toEqual(Array(2).fill(`query ${lease}`));
  await hub.play();
  await eventually(() => times(hub, 'update', status) >= 3, { what: 'three statuses' });
  expect(times(hub, 'insert', status)).toBe(1);
  expect(times(hub, 'query', lease)).toBe(2);
  expect(hub.dials).toHaveLength(1);
});
