import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withDocker } from '@edgecore/testing';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: starting containers', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start();
  });
  afterAll(() => fixture.close());

  test('#1 #2 #3 a minimal pod: running, ready, names and labels', async () => {
    const pod = fixture.pod({}, {}, { labels: { app: 'x' }, annotations: { a: 'b' } });
    await edged.insert(pod);
    const status = await edged.until(pod, ({ phase }) => phase === 'Running');
    expect(containerOf(status)).toMatchObject({ ready: true, started: true, restartCount: 0 });
    expect(containerOf(status).imageID).toMatch(/^docker:\/\/sha256:[0-9a-f]{64}$/);
    expect(containerOf(status).containerID).toMatch(/^docker:\/\/[0-9a-f]{64}$/);
    expect(status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
    const { uid, namespace, name } = pod.metadata;
    const sandbox = await fixture.inspect(pod, 'POD');
    const container = await fixture.inspect(pod);
    expect(sandbox.Name).toBe(`/k8s_POD_${name}_${namespace}_${uid}_0`);
    expect(container.Name).toBe(`/k8s_c_${name}_${namespace}_${uid}_0`);
    expect(sandbox.Config.Labels).toMatchObject({ app: 'x', 'annotation.a': 'b' });
    expect(Object.keys(container.Config.Labels).filter((key) => !/^(annotation\.)?io\.kubernetes\./.test(key))).toEqual([]);
  });
});
