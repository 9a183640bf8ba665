import { withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness, running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: environment', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ allocatable: { cpu: '2', memory: '4Gi', ephemeralStorage: '0' } });
  });
  afterAll(() => fixture.close());

  test('#10 #11 #12 #13 #14 fields and resources', async () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const resource = (name: string, path: string, divisor?: string) => ({
      name,
      valueFrom: { resourceFieldRef: { resource: path, ...(divisor && { divisor }) } },
    });
    const pod = fixture.pod(
      {
        resources: { limits: { cpu: '500m' } },
        env: [
          field('IP', 'status.podIP'),
          field('APP', "metadata.labels['app']"),
          field('NODE', 'spec.nodeName'),
          field('HOST', 'status.hostIP'),
          field('ID', 'metadata.uid'),
          field('SA', 'spec.serviceAccountName'),
          resource('MILLI', 'limits.cpu', '1m'),
          resource('CORES', 'limits.cpu'),
          resource('MEMORY', 'limits.memory'),
        ],
      },
      { serviceAccountName: 'robot' },
      { labels: { app: 'x' } },
    );
    await edged.insert(pod);
    const { podIP } = await edged.until(pod, running);
    expect(podIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const { Env } = (await fixture.inspect(pod)).Config;
    expect(Env).toEqual(
      expect.arrayContaining([
        `IP=${podIP}`,
        'APP=x',
        'NODE=edge-1',
        'HOST=10.0.0.1',
        `ID=${pod.metadata.uid}`,
        'SA=robot',
        'MILLI=500',
        'CORES=1',
        'MEMORY=4294967296',
      ]),
    );
  });

  test('#15 #17 #18 #19 #20 configMaps and secrets', async () => {
    edged.objects.configMap('m', { K: 'shared', other: 'o' }, fixture.namespace);
    edged.objects.secret('s', { password: 'gehe\u00efm' }, fixture.namespace);
    const pod = fixture.pod(
      {
        envFrom: [{ prefix: 'P_', configMapRef: { name: 'm' } }],
        env: [
          { name: 'P_K', value: 'own' },
          { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'm', key: 'K' } } },
          { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'm', key: 'no', optional: true } } },
          { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'password' } } },
        ],
      },
      { enableServiceLinks: true },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    const { Env } = (await fixture.inspect(pod)).Config;
    expect(Env).toEqual(expect.arrayContaining(['P_K=own', 'P_other=o', 'KEY=shared', 'SECRET=gehe\u00efm']));
    expect(Env.filter((one) => one.startsWith('ABSENT') || one.includes('_SERVICE_HOST'))).toEqual([]);
  });

  test('#16 a missing configMap holds the container until it appears', async () => {
    const pod = fixture.pod({
      env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }],
    });
    await edged.insert(pod);
    const held = await edged.until(
      pod,
      (now) => containerOf(now).state.waiting?.reason !== 'ContainerCreating',
    );
    expect(containerOf(held).state.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "late" not found',
    });
    edged.objects.configMap('late', { a: 'now' }, fixture.namespace);
    await edged.send('update', `${fixture.namespace}/configmap/late`, {});
    await edged.until(pod, running);
    expect((await fixture.inspect(pod)).Config.Env).toContain('A=now');
  });
});
