import { BUSYBOX_IMAGE, docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: updates and images', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ imageBackoff: { initialMs: 1500 } });
  });
  afterAll(() => fixture.close());

  const running = ({ phase }: { phase: string }) => phase === 'Running';
  const waitingReason = (status: Parameters<typeof containerOf>[0]) =>
    containerOf(status).state.waiting?.reason;

  test('#69 a new image restarts that container only', async () => {
    const tag = `edgecore-test/${fixture.namespace}:2`;
    await docker('tag', BUSYBOX_IMAGE, tag);
    try {
      const container = fixture.pod().spec.containers[0]!;
      const pod = fixture.pod({}, { containers: [container, { ...container, name: 'other' }] });
      await edged.insert(pod);
      const before = await edged.until(pod, running);
      const changed = {
        ...pod,
        spec: {
          ...pod.spec,
          containers: [
            { ...container, image: tag },
            { ...container, name: 'other' },
          ],
        },
      };
      await edged.update(changed);
      const after = await edged.until(
        pod,
        (now) => containerOf(now).restartCount === 1 && containerOf(now).ready,
      );
      expect(containerOf(after, 'other').containerID).toBe(containerOf(before, 'other').containerID);
      expect(edged.events).toContainEqual(
        expect.objectContaining({
          reason: 'Killing',
          message: 'Container c definition changed, will be restarted',
        }),
      );
    } finally {
      await docker('rmi', tag);
    }
  });

  test('#70 labels, annotations, status and a repeated insert restart nothing', async () => {
    const pod = fixture.pod();
    await edged.insert(pod);
    const before = containerOf(await edged.until(pod, running));
    await edged.insert(pod);
    await edged.update({
      ...pod,
      metadata: { ...pod.metadata, labels: { new: 'label' }, annotations: { x: 'y' } },
      status: { phase: 'Pending', conditions: [] },
    });
    // A change that does restart, to prove that the updates before it have been worked through.
    const marker = fixture.pod();
    await edged.insert(marker);
    await edged.until(marker, running);
    await eventually(() =>
      edged.edged.pods().some(({ pod: { metadata } }) => metadata.labels?.['new'] === 'label'),
    );
    expect(containerOf(edged.status(pod)!)).toEqual(before);
    expect((await fixture.inspect(pod)).State.Running).toBe(true);
  });

  test('#71 pull policies with an image that is present', async () => {
    const never = fixture.pod({ imagePullPolicy: 'Never' });
    const absent = fixture.pod({ imagePullPolicy: 'Never', image: 'registry.invalid/absent:1' });
    const always = fixture.pod({ imagePullPolicy: 'Always', image: 'registry.invalid/always:1' });
    for (const pod of [never, absent, always]) await edged.insert(pod);
    await edged.until(never, running);
    const held = await edged.until(absent, (now) => waitingReason(now) === 'ErrImageNeverPull');
    expect(containerOf(held).state.waiting?.message).toBe(
      'Container image "registry.invalid/absent:1" is not present with pull policy of Never',
    );
    await edged.until(always, (now) => /ErrImagePull|RegistryUnavailable/.test(waitingReason(now) ?? ''));
  });

  test('#72 a missing image: ErrImagePull, then back-off, and it recovers', async () => {
    const image = `registry.invalid/${fixture.namespace}:1`;
    const pod = fixture.pod({ image });
    await edged.insert(pod);
    await edged.until(pod, (now) => /ErrImagePull|RegistryUnavailable/.test(waitingReason(now) ?? ''));
    const backedOff = await edged.until(pod, (now) => waitingReason(now) === 'ImagePullBackOff');
    expect(containerOf(backedOff).state.waiting?.message).toMatch(
      new RegExp(`^Back-off pulling image "${image}"`),
    );
    expect(backedOff.phase).toBe('Pending');
    await docker('tag', BUSYBOX_IMAGE, image);
    try {
      await edged.until(pod, running);
    } finally {
      await edged.removeCompletely(pod);
      await docker('rmi', image);
    }
  });

  test('#73 a name that is no image name', async () => {
    const pod = fixture.pod({ image: 'A B' });
    await edged.insert(pod);
    const status = await edged.until(pod, (now) => waitingReason(now) === 'InvalidImageName');
    expect(containerOf(status).state.waiting?.message).toMatch(
      /^Failed to apply default image tag "A B": couldn't parse image reference/,
    );
  });
});
