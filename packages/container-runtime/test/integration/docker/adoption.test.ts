import { BUSYBOX_IMAGE, docker, PAUSE_IMAGE, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDockerRuntime, type DockerRuntime, goHash, reducedContainerHash } from '../../../src/index.js';
import { dockerPods } from './pods.js';

const describeDocker = await withDocker();

/** Kubelet's hash up to 1.30: the whole container counts. */
const WHOLE_HASH = goHash(
  `{"name":"main","image":"${BUSYBOX_IMAGE}","command":["sleep","600"],"resources":{}}`,
);

describeDocker('containers a Go agent left', () => {
  const pods = dockerPods();
  // The agent without a name: the only one that takes over what has none.
  let runtime: DockerRuntime;
  beforeAll(() => {
    runtime = createDockerRuntime({ containerLogsDir: pods.directory });
  });
  afterAll(() => runtime.close());

  async function leave(hash: string, restartCount: number, extra: readonly string[] = []) {
    const uid = pods.newUid();
    const pod = [
      '--label',
      'io.kubernetes.pod.name=web-1',
      '--label',
      'io.kubernetes.pod.namespace=default',
      '--label',
      `io.kubernetes.pod.uid=${uid}`,
    ];
    const sandbox = await docker(
      'create',
      '--name',
      `k8s_POD_web-1_default_${uid}_1`,
      ...pod,
      '--label',
      'io.kubernetes.docker.type=podsandbox',
      '--label',
      'io.kubernetes.container.name=POD',
      '--label',
      'app=web',
      '--label',
      'annotation.kubernetes.io/config.seen=2026-11-23T08:02:45.123456789Z',
      '--label',
      'annotation.kubernetes.io/config.source=api',
      PAUSE_IMAGE,
    );
    await docker('start', sandbox);
    const container = await docker(
      'create',
      '--name',
      `k8s_main_web-1_default_${uid}_${restartCount}`,
      ...pod,
      '--network',
      `container:${sandbox}`,
      '--label',
      'io.kubernetes.docker.type=container',
      '--label',
      'io.kubernetes.container.name=main',
      '--label',
      `io.kubernetes.sandbox.id=${sandbox}`,
      '--label',
      `io.kubernetes.container.logpath=/var/log/pods/default_web-1_${uid}/main/${restartCount}.log`,
      '--label',
      `annotation.io.kubernetes.container.hash=${hash}`,
      '--label',
      `annotation.io.kubernetes.container.restartCount=${restartCount}`,
      '--label',
      'annotation.io.kubernetes.container.terminationMessagePath=/dev/termination-log',
      '--label',
      'annotation.io.kubernetes.container.terminationMessagePolicy=File',
      '--label',
      'annotation.io.kubernetes.pod.terminationGracePeriod=30',
      ...extra,
      BUSYBOX_IMAGE,
      'sleep',
      '600',
    );
    await docker('start', container);
    return { pod: { uid, namespace: 'default', name: 'web-1' }, sandbox, container };
  }

  test('by kubelet 1.32 are found with all that is needed to keep them', async () => {
    const hash = reducedContainerHash({ image: BUSYBOX_IMAGE, name: 'main' });
    const left = await leave(hash, 3, [
      '--label',
      'annotation.io.kubernetes.container.ports=[{"containerPort":80,"protocol":"TCP"}]',
    ]);
    expect(await runtime.listSandboxes(left.pod.uid)).toEqual([
      expect.objectContaining({
        id: left.sandbox,
        pod: left.pod,
        attempt: 1,
        state: 'ready',
        labels: { app: 'web' },
        annotations: {
          'kubernetes.io/config.seen': '2026-11-23T08:02:45.123456789Z',
          'kubernetes.io/config.source': 'api',
        },
      }),
    ]);
    const meta = {
      hash,
      restartCount: 3,
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      terminationGracePeriodSeconds: 30,
      ports: '[{"containerPort":80,"protocol":"TCP"}]',
    };
    expect(await runtime.listContainers(left.pod.uid)).toEqual([
      expect.objectContaining({
        id: left.container,
        sandboxId: left.sandbox,
        pod: left.pod,
        name: 'main',
        state: 'running',
        meta,
      }),
    ]);
    expect(await runtime.containerStatus(left.container)).toMatchObject({
      state: 'running',
      meta,
      imageName: BUSYBOX_IMAGE,
    });
  });

  test('by kubelet 1.17 are too, can be entered, and are ended like our own', async () => {
    const preStop = '{"exec":{"command":["/bin/true"]}}';
    const left = await leave(WHOLE_HASH, 0, [
      '--label',
      `annotation.io.kubernetes.container.preStopHandler=${preStop}`,
      '--label',
      'annotation.io.kubernetes.pod.deletionGracePeriod=5',
    ]);
    const [container] = await runtime.listContainers(left.pod.uid);
    expect(container?.meta).toMatchObject({
      hash: WHOLE_HASH,
      restartCount: 0,
      preStopHandler: preStop,
      deletionGracePeriodSeconds: 5,
    });
    const { stdout } = await runtime.exec(left.container, { command: ['echo', 'still here'] });
    expect(stdout.toString()).toBe('still here\n');
    await runtime.removeSandbox(left.sandbox);
    expect(await runtime.listContainers(left.pod.uid)).toEqual([]);
    expect(await runtime.listSandboxes(left.pod.uid)).toEqual([]);
  });
});
