import { eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf } from '../support/harness.js';
import { TokenObjects } from '../support/token-objects.js';

const describeDocker = await withDocker();

/** What an API server puts into every pod. */
const volume = {
  name: 'kube-api-access-x7k2p',
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};
const DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';
const LIFE_MS = 3_607_000;

describeDocker('checklist: service account token', () => {
  let fixture: DockerFixture;
  let objects: TokenObjects;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    objects = await TokenObjects.create(fixture.directory);
  });
  afterAll(async () => {
    await fixture.close();
    await objects.close();
  });

  test('#36 token, certificate and namespace are there; the token is renewed at 80 % of its life', async () => {
    objects.configMap('kube-root-ca.crt', { 'ca.crt': 'certificate' }, fixture.namespace);
    const edged = await fixture.start({ objects });
    const pod = fixture.pod(
      { volumeMounts: [{ name: volume.name, mountPath: DIRECTORY, readOnly: true }] },
      { volumes: [volume], serviceAccountName: 'default' },
    );
    await edged.insert(pod);
    const before = containerOf(await edged.until(pod, (now) => containerOf(now).ready));
    const read = () => fixture.exec(pod, 'sh', '-c', `cd ${DIRECTORY}; cat token ca.crt namespace`);
    expect(await read()).toBe(`token-1certificate${fixture.namespace}`);
    const { name, uid } = pod.metadata;
    expect(objects.asked).toEqual([
      {
        metadata: { creationTimestamp: null },
        spec: {
          audiences: null,
          expirationSeconds: 3607,
          boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
        },
        status: { token: '', expirationTimestamp: null },
      },
    ]);

    objects.lateMs = 0.79 * LIFE_MS;
    const answered = objects.answered;
    await edged.update(pod);
    await eventually(() => objects.answered > answered);
    expect(objects.asked).toHaveLength(1);
    objects.lateMs = 0.81 * LIFE_MS;
    await edged.update(pod);
    await eventually(async () => (await read()) === `token-2certificate${fixture.namespace}`);
    expect(objects.asked).toHaveLength(2);
    expect(containerOf(edged.status(pod)!)).toEqual(before);
  });
});
