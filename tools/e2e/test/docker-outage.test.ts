import { join } from 'node:path';
import { docker, ensureTestImages, eventually, tempDir, withDocker } from '@edgecore/testing';
import { beforeAll, expect, test } from '@jest/globals';
import { conditionOf, containersOf, EdgeSite } from '../support/edge-site.js';
import { SocketProxy } from '../support/socket-proxy.js';
import { testPod } from '../support/test-pod.js';

const describeDocker = await withDocker();

describeDocker('Docker goes away under the agent', () => {
  beforeAll(ensureTestImages);

  // Side by side: most of the time goes by waiting for periods and back-offs.
  test.concurrent.each([
    ['2020', /docker|container runtime/i],
    ['current', /container runtime is down: .*docker/i],
  ] as const)(
    'cloud %s: the node says so and freezes its statuses; when it is back the node catches up',
    (profile, reason) =>
      withEngine(profile, true, async (here, engine) => {
        await here.nodeReady('True');
        for (const name of ['kept', 'killed', 'deleted']) {
          await here.cloud.apply(testPod({ name, node: here.node }));
        }
        for (const name of ['kept', 'killed', 'deleted']) await here.podRunning(name);
        const before = here.cloud.pods().map(({ metadata, status }) => ({ name: metadata.name, status }));
        const running = await here.engine.list();
        const uid = (name: string) => here.pod(name)!.metadata.uid;

        engine.cut();
        const notReady = await here.nodeReady('False');
        expect(notReady.message).toMatch(reason);
        // While nobody can look, things happen.
        await here.engine.kill(
          running.filter(({ podUid, name }) => podUid === uid('killed') && name === 'main'),
        );
        const gone = uid('deleted');
        await here.cloud.delete('Pod', 'default', 'deleted');
        await here.cloud.apply(testPod({ name: 'made', node: here.node }));
        await eventually(async () => (await here.status()).pods.some(({ name }) => name === 'made'), {
          what: 'a pod the agent took although it cannot run it',
        });
        // Three more node statuses that say the same, and not one word about the pods.
        await heartbeats(here, 3);
        expect(await here.nodeReady('False')).toMatchObject({ message: notReady.message });
        const frozen = here.cloud.pods().filter(({ metadata }) => metadata.name !== 'made');
        expect(frozen.map(({ metadata, status }) => ({ name: metadata.name, status }))).toEqual(before);
        expect(here.agent.running).toBe(true);

        engine.mend();
        await here.nodeReady('True');
        await here.podRunning('made', 40_000);
        await here.podGone('deleted');
        await eventually(() => containersOf(here.pod('killed'))[0]?.restartCount === 1, {
          timeoutMs: 30_000,
          what: 'the restart of the killed container in the cloud',
        });
        await here.podRunning('killed');
        expect(containersOf(here.pod('kept'))).toMatchObject([{ restartCount: 0 }]);
        await eventually(async () => !(await here.engine.list()).some(({ podUid }) => podUid === gone));
        expect((await here.engine.list()).filter(({ running: runs }) => runs)).toHaveLength(6);
      }),
    90_000,
  );

  test.concurrent(
    'Docker is not there at the start: the node waits for it and never takes anything else',
    () =>
      withEngine('2020', false, async (here, engine) => {
        await here.agent.says(`edgecore runs as node ${here.node}`);
        const notReady = await here.nodeReady('False');
        expect(notReady.message).toMatch(/docker/i);
        await here.cloud.apply(testPod({ name: 'waiting', node: here.node }));
        await eventually(async () => (await here.status()).pods.length === 1);
        expect((await here.status()).node.runtime).toBe('docker');

        engine.mend();
        await here.nodeReady('True');
        const pod = await here.podRunning('waiting', 40_000);
        const id = containersOf(pod)[0]!.containerID.replace('docker://', '');
        expect(await docker('inspect', '--format', '{{.State.Running}}', id)).toBe('true');
        expect(conditionOf(pod, 'Ready')?.status).toBe('True');
      }),
    90_000,
  );
});

/** A node whose Docker is behind a proxy, for the time of `live`. */
async function withEngine(
  profile: '2020' | 'current',
  up: boolean,
  live: (here: EdgeSite, engine: SocketProxy) => Promise<void>,
): Promise<void> {
  const path = join(await tempDir(), 'docker.sock');
  const engine = await SocketProxy.start({ target: { path: '/var/run/docker.sock' }, path, up });
  const here = await EdgeSite.open({ engine: 'docker', profile, dockerSocket: path, nodeStatusSeconds: 1 });
  try {
    here.startAgent();
    await live(here, engine);
  } finally {
    await here.close();
    await engine.close();
  }
}

/** Waits for so many more node statuses. */
async function heartbeats(site: EdgeSite, count: number): Promise<void> {
  const last = () => site.cloud.get('Node', '', site.node)?.metadata.resourceVersion;
  for (let seen = 0; seen < count; seen += 1) {
    const before = last();
    await eventually(() => last() !== before, { timeoutMs: 30_000, what: 'a node status' });
  }
}
