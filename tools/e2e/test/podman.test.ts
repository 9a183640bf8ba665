import type { StoredObject } from '@edgecore/minicloud';
import {
  docker,
  ensureTestImages,
  eventually,
  type Podman,
  startPodman,
  withPodman,
} from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { containersOf, EdgeSite } from '../support/edge-site.js';
import { testPod } from '../support/test-pod.js';

withPodman()('edgecore start on Podman', () => {
  let podman: Podman;
  let site: EdgeSite;

  beforeAll(async () => {
    podman = await startPodman();
    await ensureTestImages(podman.host);
    site = await EdgeSite.open({
      engine: 'docker',
      profile: 'current',
      dockerSocket: podman.socketPath,
      // Podman on a busy machine may be too slow for the first look.
      nodeStatusSeconds: 1,
    });
    site.startAgent();
    await site.nodeReady('True');
  });
  afterAll(async () => {
    await site.close();
    await podman.close();
  });

  const engine = (...args: string[]) => docker('--host', podman.host, ...args);
  const idOf = (pod: StoredObject) => containersOf(pod)[0]!.containerID.replace('docker://', '');

  test('a pod’s life: volumes, a crash of the agent, a crash of the container, its end', async () => {
    const metadata = { name: 'settings', namespace: 'default' };
    await site.cloud.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: 'value' } });
    await site.cloud.apply(testPod({ name: 'web', node: site.node, configMap: 'settings' }));
    const id = idOf(await site.podRunning('web'));
    expect(await engine('exec', id, 'cat', '/config/key')).toBe('value');
    expect(await engine('exec', id, 'hostname')).toBe('web');
    expect(await engine('exec', id, 'grep', '/memory', '/proc/mounts')).toMatch(/^tmpfs .*size=1024k/);
    const names = await engine('ps', '--format', '{{.Names}}');

    await site.killAgent();
    site.startAgent();
    await site.agent.says(`edgecore runs as node ${site.node}`);
    await eventually(async () => (await site.status()).pods.some(({ phase }) => phase === 'Running'));
    expect(await engine('ps', '--format', '{{.Names}}')).toBe(names);

    await engine('kill', id);
    await eventually(() => containersOf(site.pod('web'))[0]?.restartCount === 1, { timeoutMs: 30_000 });
    expect(idOf(await site.podRunning('web'))).not.toBe(id);

    await site.cloud.delete('Pod', 'default', 'web');
    await site.podGone('web');
    await eventually(async () => (await engine('ps', '-aq')) === '');
  }, 90_000);

  test('a program that is not in the image: the reason reaches the cloud, and it is tried again', async () => {
    const pod = testPod({ name: 'broken', node: site.node });
    pod.spec.containers[0]!.command = ['/no/such/program'];
    await site.cloud.apply(pod);
    const broken = await eventually(
      () => {
        const found = containersOf(site.pod('broken'))[0];
        return found && found.restartCount > 0 && found.state['waiting'] ? found : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(broken).toMatchObject({
      state: { waiting: { reason: expect.stringMatching(/CrashLoopBackOff|RunContainerError/) } },
      lastState: {
        terminated: { exitCode: 127, message: expect.stringContaining('/no/such/program') },
      },
    });
    await site.cloud.delete('Pod', 'default', 'broken');
    await site.podGone('broken');
  });
});
