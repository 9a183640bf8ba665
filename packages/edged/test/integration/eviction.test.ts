import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDockerRuntime } from '@edgecore/container-runtime';
import { type EvictionThresholds, type NodeEvent, NodePressure } from '@edgecore/edged';
import { eventually, PrivateDocker, withDocker } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, running } from '../support/harness.js';
import { imageNames, importImage } from '../support/import-image.js';

const describeDocker = await withDocker();

describeDocker('a node that runs short', () => {
  let fixture: DockerFixture;
  let engine: PrivateDocker | undefined;

  beforeEach(async () => {
    fixture = await DockerFixture.create();
  });
  afterEach(async () => {
    await engine?.close();
    engine = undefined;
    await fixture.close();
  });

  /** Writes so many MiB to a file, as far as there is room, and stays. */
  const writer = (mebibytes: number, file: string) => ({
    command: ['sh', '-c', `dd if=/dev/zero of=${file} bs=1M count=${mebibytes}; sleep 600`],
  });

  test('a full disk: the greediest pod is evicted, new pods are refused, critical ones are not', async () => {
    const root = join(fixture.directory, 'root');
    mkdirSync(root);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', root]);
    const pressure = new NodePressure({
      thresholds: { hard: { 'nodefs.available': '25%' } },
      rootDirectory: root,
      imageRoot: async () => '/',
      pressureTransitionMs: 4000,
    });
    const nodeEvents: NodeEvent[] = [];
    const edged = await fixture.start({
      eviction: { pressure, periodMs: 200 },
      onNodeEvent: (event) => nodeEvents.push(event),
    });
    const scratch = (mebibytes: number, spec = {}) =>
      fixture.pod(
        { ...writer(mebibytes, '/v/file'), volumeMounts: [{ name: 'v', mountPath: '/v' }] },
        { volumes: [{ name: 'v', emptyDir: {} }], ...spec },
      );
    const modest = scratch(1);
    const critical = scratch(6, { priority: 2_000_000_000 });
    for (const pod of [modest, critical]) await edged.insert(pod);
    for (const pod of [modest, critical]) await edged.until(pod, running);
    const greedy = scratch(100);
    await edged.insert(greedy);
    const evicted = await edged.until(greedy, ({ phase }) => phase === 'Failed');
    expect(evicted).toMatchObject({
      reason: 'Evicted',
      message: expect.stringMatching(
        /^The node was low on resource: ephemeral-storage\. Threshold quantity: 4Mi, available: \d+(Ki|Mi)?\.$/,
      ),
    });
    expect(containerOf(evicted).state.terminated?.exitCode).toBe(137);

    const [late, needed] = [fixture.pod(), fixture.pod({}, { priority: 2_000_001_000 })];
    for (const pod of [late, needed]) await edged.insert(pod);
    expect(await edged.until(late, ({ phase }) => phase === 'Failed')).toMatchObject({
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [DiskPressure].',
    });
    await edged.until(needed, running);
    expect([modest, critical].map((pod) => edged.status(pod)?.phase)).toEqual(['Running', 'Running']);
    expect(nodeEvents).toEqual([
      {
        type: 'Warning',
        reason: 'EvictionThresholdMet',
        message: 'Attempting to reclaim ephemeral-storage',
      },
    ]);
    expect(edged.events).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'Evicted', message: evicted.message }),
    );

    // The victim's volume made room: after the transition period pods are taken in again.
    expect(existsSync(join(root, 'pods', greedy.metadata.uid, 'volumes'))).toBe(false);
    await eventually(() => pressure.conditions.size === 0, { timeoutMs: 10_000 });
    const welcome = fixture.pod();
    await edged.insert(welcome);
    await edged.until(welcome, running);
  });

  test('pods over their own limits are evicted, whatever room there is', async () => {
    const edged = await fixture.start({ storageLimitPeriodMs: 200 });
    const volume = (mebibytes: number) =>
      fixture.pod(
        { ...writer(mebibytes, '/v/file'), volumeMounts: [{ name: 'v', mountPath: '/v' }] },
        { volumes: [{ name: 'v', emptyDir: { sizeLimit: '2Mi' } }] },
      );
    const limits = { 'ephemeral-storage': '2Mi' };
    const modest = volume(1);
    const greedy = volume(3);
    const written = fixture.pod({ ...writer(3, '/file'), resources: { limits } });
    for (const pod of [modest, greedy, written]) await edged.insert(pod);
    const failed = ({ phase }: { phase: string }) => phase === 'Failed';
    expect(await edged.until(greedy, failed)).toMatchObject({
      reason: 'Evicted',
      message: 'Usage of EmptyDir volume "v" exceeds the limit "2Mi".',
    });
    expect(await edged.until(written, failed)).toMatchObject({
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 2Mi.',
    });
    expect(edged.status(modest)?.phase).toBe('Running');
    expect(edged.events.filter(({ reason }) => reason === 'Evicted')).toHaveLength(2);
  });

  test('dead containers go first, then images, then a pod', async () => {
    engine = await PrivateDocker.create({ diskMiB: 64 });
    const docker = engine;
    const runtime = createDockerRuntime({
      socketPath: docker.socket,
      containerLogsDir: join(fixture.directory, 'container-logs'),
    });
    const thresholds: EvictionThresholds = { hard: { 'imagefs.available': '20Mi' } };
    const pressure = new NodePressure({
      thresholds,
      rootDirectory: fixture.directory,
      imageRoot: async () => (await runtime.imageFilesystem()).path,
      pressureTransitionMs: 0,
    });
    const available = async () => (await runtime.imageFilesystem()).availableBytes;
    const limit = 20 * 2 ** 20;
    try {
      await importImage(docker, fixture.directory, 'unused', 16);
      const edged = await fixture.start({
        runtime,
        eviction: { pressure, periodMs: 200 },
        imageGc: { highPercent: 99, lowPercent: 98, minAgeMs: 0, maxAgeMs: 0 },
      });
      const done = fixture.pod(
        { command: ['dd', 'if=/dev/zero', 'of=/file', 'bs=1M', 'count=10'] },
        { restartPolicy: 'Never' },
      );
      const keeper = fixture.pod();
      const greedy = fixture.pod(writer(1, '/file'));
      for (const pod of [done, keeper, greedy]) await edged.insert(pod);
      for (const pod of [keeper, greedy]) await edged.until(pod, running);
      const succeeded = await edged.until(done, ({ phase }) => phase === 'Succeeded');
      const fill = (file: string, mebibytes: number) => {
        const name = fixture.containerName(greedy);
        const count = `count=${mebibytes}`;
        return docker.docker('exec', name, 'dd', 'if=/dev/zero', `of=${file}`, 'bs=1M', count);
      };
      const containers = () => docker.docker('ps', '--all', '--format', '{{.Names}}');

      await fill('/a', Math.floor(((await available()) - limit) / 2 ** 20) + 3);
      await eventually(async () => !(await containers()).includes(fixture.containerName(done)));
      await eventually(async () => (await available()) >= limit);
      expect(await imageNames(docker)).toContain('unused:1');
      expect(containerOf(edged.status(done)!)).toEqual(containerOf(succeeded));

      await fill('/b', Math.floor(((await available()) - limit) / 2 ** 20) + 3);
      await eventually(async () => !(await imageNames(docker)).includes('unused:1'));
      await eventually(async () => (await available()) >= limit);
      expect(edged.status(greedy)?.phase).toBe('Running');

      await fill('/c', Math.floor(((await available()) - limit) / 2 ** 20) + 3);
      const { reason, message } = await edged.until(greedy, ({ phase }) => phase === 'Failed');
      expect(reason).toBe('Evicted');
      expect(message).toMatch(
        /^The node was low on resource: ephemeral-storage\. Threshold quantity: 20Mi, available: \d+Ki\. Container c was using \d+(Ki|Mi), request is 0, has larger consumption of ephemeral-storage\.$/,
      );
      // Its dead container is the next thing to go, and that is enough.
      await eventually(async () => (await available()) >= limit);
      expect(edged.status(keeper)?.phase).toBe('Running');
      expect((await imageNames(docker)).length).toBe(2);
    } finally {
      await runtime.close();
    }
  });
});
