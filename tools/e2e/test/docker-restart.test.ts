import { eventually, PrivateDocker, withDocker } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { containersOf, EdgeSite } from '../support/edge-site.js';
import { disagreements } from '../support/node-check.js';
import { testPod } from '../support/test-pod.js';

/** Pods on the node; `EDGECORE_E2E_PODS` asks for more. */
const PODS = Number(process.env['EDGECORE_E2E_PODS'] ?? 20);
const LIMIT_MS = 60_000 + PODS * 6000;
// An engine and a bridge of one's own need root.
const describeDocker = process.getuid?.() === 0 ? await withDocker() : undefined;

describeDocker?.(`Docker is restarted under ${PODS} pods`, () => {
  let site: EdgeSite | undefined;
  let engine: PrivateDocker | undefined;
  const names = Array.from({ length: PODS }, (_, n) => `pod-${n}`);
  const restartCounts = () =>
    new Set(names.map((name) => containersOf(site?.pod(name))[0]?.restartCount ?? -1));

  afterEach(async () => {
    try {
      await site?.close();
    } finally {
      await engine?.close();
    }
    site = undefined;
    engine = undefined;
  });

  /** Everything agrees, and every container was restarted exactly so often. */
  const settled = async (here: EdgeSite, restarts: number) => {
    await eventually(() => [...restartCounts()].every((count) => count === restarts), {
      timeoutMs: LIMIT_MS,
      what: `a restart count of ${restarts} for every container`,
    });
    for (const name of names) await here.podRunning(name, LIMIT_MS);
    await agreement(here);
  };

  test(
    'every pod runs again, every restart is counted once, and nothing is left over',
    async () => {
      engine = await PrivateDocker.create();
      site = await EdgeSite.open({
        engine: 'docker',
        profile: 'current',
        privateDocker: engine,
        nodeStatusSeconds: 1,
      });
      const here = site;
      here.startAgent();
      await here.nodeReady('True');
      for (const name of names) await here.cloud.apply(testPod({ name, node: here.node }));
      await settled(here, 0);
      const addresses = await sandboxes(engine);

      await engine.stop();
      const notReady = await here.nodeReady('False');
      expect(notReady.message).toMatch(/docker/i);
      await engine.start();
      await here.nodeReady('True');
      await settled(here, 1);
      const next = await sandboxes(engine);
      expect(next).toHaveLength(PODS);
      expect(next.filter((name) => addresses.includes(name))).toEqual([]);
      for (const name of names) expect(await sandboxAddress(engine, here, name)).toBe(podIp(here, name));

      for (const name of names) await here.cloud.delete('Pod', 'default', name);
      for (const name of names) await here.podGone(name, LIMIT_MS);
      await eventually(async () => (await here.engine.list()).length === 0, {
        what: 'an engine without containers',
      });
      await agreement(here);
      expect(here.agent.running).toBe(true);
      await here.stopAgent();
    },
    3 * LIMIT_MS,
  );
});

/** @throws with what still does not fit. */
async function agreement(site: EdgeSite): Promise<void> {
  const fits = async () => (await disagreements(site)).length === 0;
  await eventually(fits, { timeoutMs: 30_000 }).catch(async () => {
    throw new Error((await disagreements(site)).join('\n'));
  });
}

function sandboxes(engine: PrivateDocker): Promise<string[]> {
  return engine
    .docker('ps', '--filter', 'label=io.kubernetes.docker.type=podsandbox', '--format', '{{.Names}}')
    .then((text) => text.split('\n').sort());
}

function podIp(site: EdgeSite, name: string): unknown {
  return (site.pod(name)!['status'] as { podIP?: string }).podIP;
}

async function sandboxAddress(engine: PrivateDocker, site: EdgeSite, name: string): Promise<string> {
  const { uid } = site.pod(name)!.metadata;
  const [sandbox] = (await site.engine.list()).filter(
    (one) => one.podUid === uid && one.name === 'POD' && one.running,
  );
  return engine.docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', sandbox!.id);
}
