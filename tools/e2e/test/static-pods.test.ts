import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudProfileName } from '@edgecore/api';
import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { type Minicloud, type StoredObject, startMinicloud } from '@edgecore/minicloud';
import { docker, ensureTestImages, eventually, tempDir, withDocker } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { type EngineView, engineView } from '../support/engines.js';
import { manifestsDirectory, nodeConfig } from '../support/node-config.js';
import { testPod } from '../support/test-pod.js';

const describeDocker = await withDocker();

describeDocker('checklist: static pods and a cloud', () => {
  let cloud: Minicloud;
  let core: EdgeCore | undefined;
  let engine: EngineView;
  let manifests: string;
  let startCore: () => Promise<void>;
  const node = `e2e-static-${process.pid}`;
  const name = `web-${node}`;

  const open = async (profile: CloudProfileName) => {
    await ensureTestImages();
    const dir = await tempDir();
    manifests = manifestsDirectory(dir);
    await mkdir(manifests);
    engine = engineView('docker', node, dir);
    cloud = await startMinicloud({ dataDir: join(dir, 'cloud'), profile, adminSocket: false });
    const config = await nodeConfig({
      dir,
      nodeName: node,
      format: profile === '2020' ? 'v1alpha1' : 'v1alpha2',
      httpsPort: cloud.httpsPort,
      hubPort: cloud.hubPort,
      token: cloud.token,
      runtime: 'docker',
      cloudProfile: profile,
    });
    startCore = async () => {
      core = createEdgeCore(config);
      await core.start();
    };
  };
  afterEach(async () => {
    await core?.stop();
    core = undefined;
    await engine.clean();
    await cloud.close();
  });

  /** A manifest appears as a whole, as deployment tools write it. */
  const write = async (label: string) => {
    const { spec, ...pod } = testPod({ name: 'web', node, labels: { label } });
    await writeFile(join(manifests, '.web'), JSON.stringify({ ...pod, spec }));
    await rename(join(manifests, '.web'), join(manifests, 'web.json'));
  };
  const containers = async () =>
    (await engine.list()).filter(({ name: container, running }) => container === 'main' && running);
  const only = () =>
    eventually(
      async () => {
        const found = await containers();
        return found.length === 1 ? found[0] : undefined;
      },
      { timeoutMs: 20_000, what: 'one running container' },
    );
  /** The mirror, as soon as the cloud shows it running with that label and another uid. */
  const mirror = (label: string, before?: StoredObject): Promise<StoredObject> =>
    eventually(
      () => {
        const pod = cloud.get('Pod', 'default', name);
        const { phase } = (pod?.['status'] ?? {}) as { phase?: string };
        const fits = pod?.metadata.labels?.['label'] === label && phase === 'Running';
        return fits && pod.metadata.uid !== before?.metadata.uid ? pod : undefined;
      },
      { timeoutMs: 20_000, what: `the mirror "${label}"` },
    );

  test('#95 today: a mirror is created, replaced with the file, created again when deleted, and goes with the file', async () => {
    await open('current');
    await write('one');
    await startCore();
    const first = await mirror('one');
    const container = await only();
    expect(first.metadata.annotations).toMatchObject({
      'kubernetes.io/config.hash': container.podUid,
      'kubernetes.io/config.mirror': container.podUid,
      'kubernetes.io/config.source': 'file',
    });
    expect(first.metadata.uid).not.toBe(container.podUid);
    const owner = cloud.get('Node', '', node);
    expect(first.metadata['ownerReferences']).toEqual([
      { apiVersion: 'v1', kind: 'Node', name: node, uid: owner?.metadata.uid, controller: true },
    ]);
    expect(first['status']).toMatchObject({
      containerStatuses: [{ name: 'main', containerID: `docker://${container.id}`, restartCount: 0 }],
    });

    // Deleted in the cloud: the container does not notice.
    await cloud.delete('Pod', 'default', name);
    const second = await mirror('one', first);
    expect((await only()).id).toBe(container.id);

    // The agent starts again: the stored mirror is known, nothing is created or restarted.
    await core?.stop();
    await startCore();
    await write('two');
    const third = await mirror('two', second);
    const replaced = await only();
    expect(replaced.id).not.toBe(container.id);
    expect(third.metadata.annotations?.['kubernetes.io/config.mirror']).toBe(replaced.podUid);

    await rm(join(manifests, 'web.json'));
    await eventually(async () => (await engine.list()).length === 0 && !cloud.get('Pod', 'default', name), {
      timeoutMs: 20_000,
      what: 'pod and mirror to be gone',
    });
  });

  test('2020: the pod runs, the cloud hears nothing of it, and it outlives the agent', async () => {
    await open('2020');
    await write('one');
    await startCore();
    const container = await only();
    await eventually(() => cloud.isConnected(node), { timeoutMs: 20_000, what: 'the node to connect' });
    await core?.stop();
    await startCore();
    await eventually(() => cloud.isConnected(node), { timeoutMs: 20_000, what: 'the node to connect again' });
    // A pod of the cloud is behind whatever would have been said about the static one.
    await cloud.apply(testPod({ name: 'other', node }));
    await eventually(
      () => (cloud.get('Pod', 'default', 'other')?.['status'] as { phase?: string })?.phase === 'Running',
      { timeoutMs: 20_000, what: 'a pod of the cloud' },
    );
    expect(cloud.pods().map(({ metadata }) => metadata.name)).toEqual(['other']);
    expect((await containers()).map(({ id }) => id)).toContain(container.id);
    const state = await docker('inspect', '--format', '{{.State.Running}}', container.id);
    expect(state.trim()).toBe('true');
  });
});
