import { ensureTestImages, eventually, withDocker } from '@edgecore/testing';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { containersOf, EdgeSite, isRunning } from '../support/edge-site.js';
import type { Found } from '../support/engines.js';
import { testPod } from '../support/test-pod.js';

/** How long the link is down; `EDGECORE_E2E_CUT_SECONDS` asks for longer. */
const LONG = process.env['EDGECORE_E2E_CUT_SECONDS'];
const CUT_MS = 1000 * Number(LONG ?? 3);
const LIMIT_MS = 90_000 + 2 * CUT_MS;
const describeDocker = await withDocker();

/** With a long cut each runtime meets both clouds, else one. */
const CLOUDS = LONG ? (['2020', 'current'] as const) : undefined;

for (const [engine, describeEngine, profiles] of [
  ['process', describe, CLOUDS ?? (['2020'] as const)],
  ['docker', describeDocker, CLOUDS ?? (['current'] as const)],
] as const) {
  describeEngine(`the link is cut for ${CUT_MS / 1000} s, pods on ${engine}`, () => {
    let site: EdgeSite | undefined;

    beforeAll(async () => {
      if (engine === 'docker') await ensureTestImages();
    });
    afterEach(async () => {
      await site?.close();
      site = undefined;
    });

    test.each(profiles)(
      'cloud %s: pods keep running, a restarted agent brings them back, the cloud hears of it',
      async (profile) => {
        const here = await EdgeSite.open({ engine, profile });
        site = here;
        here.startAgent();
        await here.nodeReady('True');
        for (const name of ['kept', 'killed', 'deleted']) {
          await here.cloud.apply(testPod({ name, node: here.node, containers: ['main', 'side'] }));
        }
        for (const name of ['kept', 'killed', 'deleted']) await here.podRunning(name);
        const before = await here.engine.list();

        here.link.cut();
        const cutAt = Date.now();
        await eventually(async () => (await here.status()).link?.connected === false, {
          what: 'an agent that knows it is offline',
        });
        expect(await here.engine.list()).toEqual(before);

        // The agent dies, then some containers: the node must know what to run from its database.
        await here.killAgent();
        const victims = before.filter(
          ({ podUid, name }) => podUid === uidOf(here, 'killed') && name !== 'POD',
        );
        await here.engine.kill(victims);
        await here.cloud.delete('Pod', 'default', 'deleted');
        await here.cloud.apply(testPod({ name: 'made', node: here.node }));
        here.startAgent();
        const again = await eventually(
          async () => {
            const now = runningOf(await here.engine.list(), uidOf(here, 'killed'));
            return now.length === victims.length + 1 ? now : undefined;
          },
          { timeoutMs: 30_000, what: 'the killed containers running again' },
        );
        expect(again.filter(({ id }) => victims.some((victim) => victim.id === id))).toEqual([]);
        const kept = uidOf(here, 'kept');
        expect(runningOf(await here.engine.list(), kept)).toEqual(runningOf(before, kept));
        await new Promise((resolve) => setTimeout(resolve, CUT_MS - (Date.now() - cutAt)));
        // Nobody has told the cloud anything yet, nor the node.
        expect(containersOf(here.pod('killed')).map(({ restartCount }) => restartCount)).toEqual([0, 0]);
        expect(runningOf(await here.engine.list(), uidOf(here, 'deleted'))).toHaveLength(3);

        here.link.mend();
        await eventually(() => restartsOf(here, 'killed').every((restarts) => restarts === 1), {
          timeoutMs: 60_000,
          what: 'the restarts in the cloud',
        });
        expect(isRunning(here.pod('killed')!)).toBe(true);
        expect(restartsOf(here, 'kept')).toEqual([0, 0]);
        await here.podRunning('made');
        await here.podGone('deleted');
        const wanted = ['kept', 'killed', 'made'].map((name) => uidOf(here, name)).sort();
        await eventually(
          async () => {
            const uids = new Set((await here.engine.list()).map(({ podUid }) => podUid));
            return JSON.stringify([...uids].sort()) === JSON.stringify(wanted);
          },
          { what: 'exactly the pods that are left' },
        );
        await here.nodeReady('True');
      },
      LIMIT_MS,
    );
  });
}

function uidOf(site: EdgeSite, name: string): string {
  return site.pod(name)!.metadata.uid;
}

function restartsOf(site: EdgeSite, name: string): number[] {
  return containersOf(site.pod(name)).map(({ restartCount }) => restartCount);
}

function runningOf(found: readonly Found[], uid: string): Found[] {
  return found
    .filter(({ podUid, running }) => podUid === uid && running)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
