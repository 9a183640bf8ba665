import {
  docker,
  ensureTestImages,
  eventually,
  type Registry,
  registryInstalled,
  startRegistry,
  tempDir,
  withDocker,
} from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ContainerStatus, containersOf, EdgeSite, phaseOf } from '../support/edge-site.js';
import { testPod } from '../support/test-pod.js';

const describeDocker = await withDocker();
const describeRegistry = registryInstalled() ? describeDocker : describe.skip;

describeRegistry('images of a registry that wants credentials', () => {
  const account = { username: 'edge', password: 'p:ss/wörd' };
  const images: string[] = [];
  let registry: Registry;

  beforeAll(async () => {
    await ensureTestImages();
    registry = await startRegistry(await tempDir(), account);
  });
  afterAll(async () => {
    await registry.kill();
    for (const image of images) await docker('rmi', image);
  });

  // Side by side: each has a node and images of its own.
  test.concurrent.each(['2020', 'current'] as const)(
    'cloud %s sees them pulled with a secret, and why they are not without',
    async (profile) => {
      const [image, refused] = await Promise.all(
        ['app', 'refused'].map((name) => registry.push(`${name}-${profile}:1`, { runnable: true })),
      );
      const site = await EdgeSite.open({ engine: 'docker', profile });
      try {
        site.startAgent();
        await site.nodeReady('True');
        await site.cloud.apply(pullSecret(registry.address, account));
        const withSecret = testPod({ name: 'app', node: site.node, image: image! });
        const { spec } = withSecret;
        await site.cloud.apply({
          ...withSecret,
          spec: { ...spec, imagePullSecrets: [{ name: 'registry' }] },
        });
        await site.cloud.apply(testPod({ name: 'refused', node: site.node, image: refused! }));
        const [running] = containersOf(await site.podRunning('app'));
        images.push(image!);
        expect(running).toMatchObject({
          image,
          imageID: expect.stringMatching(
            /^docker-pullable:\/\/127\.0\.0\.1:\d+\/app-.*@sha256:[0-9a-f]{64}$/,
          ),
        });
        const waiting = await eventually(
          () => {
            const state = waitingOf(containersOf(site.pod('refused'))[0]);
            return state?.reason === 'ImagePullBackOff' && state;
          },
          { timeoutMs: 30_000, what: 'the back-off of the pull in the cloud' },
        );
        expect(waiting.message).toMatch(
          new RegExp(`^Back-off pulling image "${refused}": ErrImagePull: .*no basic auth credentials`),
        );
        expect(phaseOf(site.pod('refused'))).toBe('Pending');
        await site.stopAgent();
      } finally {
        await site.close();
      }
    },
    90_000,
  );
});

function waitingOf(
  container: ContainerStatus | undefined,
): { reason?: string; message?: string } | undefined {
  return container?.state['waiting'] as { reason?: string; message?: string } | undefined;
}

function pullSecret(address: string, { username, password }: { username: string; password: string }) {
  const config = { auths: { [address]: { username, password } } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'registry', namespace: 'default' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') },
  };
}
