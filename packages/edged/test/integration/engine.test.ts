import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDockerRuntime } from '@edgecore/container-runtime';
import { eventually, withDocker } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('acceptance on a real engine', () => {
  let fixture: DockerFixture;

  beforeEach(async () => {
    fixture = await DockerFixture.create();
  });
  afterEach(() => fixture.close());

  test('§16.14 the sandbox is what edged.md §5.1 measured', async () => {
    const edged = await fixture.start();
    const pod = fixture.pod();
    await edged.insert(pod);
    await edged.until(pod, running);
    const { Config, HostConfig } = await fixture.inspect(pod, 'POD');
    expect(Config).toMatchObject({ Hostname: pod.metadata.name, User: '' });
    expect(HostConfig).toMatchObject({
      NetworkMode: 'default',
      IpcMode: 'shareable',
      PidMode: '',
      CpuShares: 2,
      Memory: 0,
      MemorySwap: 0,
      CpuQuota: 0,
      CpuPeriod: 0,
      ShmSize: 67_108_864,
      SecurityOpt: ['seccomp=unconfined'],
      CgroupParent: `/kubepods/besteffort/pod${pod.metadata.uid}`,
      PortBindings: {},
    });
    expect(HostConfig.Sysctls ?? {}).toEqual({});
  });

  test('§16.16 pods come and go without leaving anything', async () => {
    const edged = await fixture.start();
    edged.objects.secret('s', { a: 'b' }, fixture.namespace);
    const container = fixture.pod({ volumeMounts: [{ name: 's', mountPath: '/s' }] }).spec.containers[0]!;
    for (let round = 0; round < 2; round++) {
      const pods = Array.from({ length: 4 }, () =>
        fixture.pod(
          {},
          {
            volumes: [{ name: 's', secret: { secretName: 's' } }],
            containers: [container, { ...container, name: 'd' }],
          },
        ),
      );
      await Promise.all(pods.map((pod) => edged.insert(pod)));
      await Promise.all(pods.map((pod) => edged.until(pod, running, { timeoutMs: 30_000 })));
      expect(await fixture.containers()).toHaveLength(12);
      expect(await fixture.mounts()).toHaveLength(4);
      await Promise.all(pods.map((pod) => edged.removeCompletely(pod)));
    }
    expect(await fixture.containers()).toEqual([]);
    expect(await fixture.mounts()).toEqual([]);
    expect(fixture.files()).toEqual([]);
    expect(edged.edged.pods()).toEqual([]);
  });

  test('§16.17 no engine at the start: the agent runs, says so, and connects later', async () => {
    const runtime = createDockerRuntime({ socketPath: `${fixture.directory}/no.sock` });
    const edged = await fixture.start({ runtime });
    const pod = fixture.pod();
    await edged.insert(pod);
    await eventually(() => edged.edged.pods().length === 1 && edged.edged.health().state === 'degraded');
    expect(edged.edged.health()).toMatchObject({ reason: expect.stringContaining('container engine') });
    await edged.stop();
    await runtime.close();
    const later = await fixture.start();
    await later.insert(pod);
    expect(containerOf(await later.until(pod, running)).restartCount).toBe(0);
  });

  test('§16.17 a full disk: FailedMount, the agent lives, and it recovers', async () => {
    const root = join(fixture.directory, 'root');
    mkdirSync(root);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', root]);
    const edged = await fixture.start();
    edged.objects.configMap('big', { file: 'x'.repeat(300_000) }, fixture.namespace);
    const pod = fixture.pod(
      { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      { volumes: [{ name: 'v', configMap: { name: 'big' } }] },
    );
    await edged.insert(pod);
    await eventually(() =>
      edged.events.some(({ reason, message }) => reason === 'FailedMount' && /ENOSPC/.test(message)),
    );
    expect(containerOf(edged.status(pod)!).state.waiting?.reason).toBe('ContainerCreating');
    execFileSync('mount', ['-o', 'remount,size=8m', root]);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'wc', '-c', '/v/file')).toMatch(/^300000 /);
    await edged.removeCompletely(pod);
  });
});
