import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness, running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: updates and images', () => {
  let fixture: DockerFixture;
  let edged: Harness;
  /** A registry that has nothing: its answers, unlike those of DNS, are the same on every machine. */
  let empty: Server;
  let registry: string;

  beforeAll(async () => {
    empty = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => empty.listen(0, '127.0.0.1', resolve));
    registry = `127.0.0.1:${(empty.address() as AddressInfo).port}`;
    fixture = await DockerFixture.create();
    edged = await fixture.start({ imageBackoff: { initialMs: 1500 } });
  });
  afterAll(async () => {
    await fixture.close();
    empty.close();
  });

  const waitingReason = (status: Parameters<typeof containerOf>[0]) =>
    containerOf(status).state.waiting?.reason;

  test('#69 a new image restarts that container only', async () => {
    const tag = await fixture.image(`edgecore-test/${fixture.namespace}:2`);
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

  test('#71 pull policies, image present and absent', async () => {
    const never = fixture.pod({ imagePullPolicy: 'Never' });
    const absent = fixture.pod({ imagePullPolicy: 'Never', image: `${registry}/absent:1` });
    const ifMissing = fixture.pod({ image: `${registry}/missing:1` });
    const always = fixture.pod({ imagePullPolicy: 'Always', image: `${registry}/always:1` });
    const here = await fixture.image(`${registry}/here:1`);
    const alwaysHere = fixture.pod({ imagePullPolicy: 'Always', image: here });
    const neverHere = fixture.pod({ imagePullPolicy: 'Never', image: here });
    const ifMissingHere = fixture.pod({ image: here });
    const pods = [never, absent, ifMissing, always, alwaysHere, neverHere, ifMissingHere];
    for (const pod of pods) await edged.insert(pod);
    for (const pod of [never, neverHere, ifMissingHere]) await edged.until(pod, running);
    const held = await edged.until(absent, (now) => waitingReason(now) === 'ErrImageNeverPull');
    expect(containerOf(held).state.waiting?.message).toBe(
      `Container image "${registry}/absent:1" is not present with pull policy of Never`,
    );
    for (const pod of [ifMissing, always, alwaysHere]) {
      await edged.once(pod, (now) => waitingReason(now) === 'ErrImagePull');
    }
    const pulled = edged.events
      .filter(({ reason }) => reason === 'Pulling')
      .map(({ pod }) => pod.metadata.name)
      .filter((name) => pods.some(({ metadata }) => metadata.name === name));
    expect([...new Set(pulled)].sort()).toEqual(
      [ifMissing, always, alwaysHere].map(({ metadata }) => metadata.name).sort(),
    );
  });

  test('#72 a missing image: ErrImagePull, then back-off, and it recovers', async () => {
    const image = `${registry}/x:1`;
    const pod = fixture.pod({ image });
    await edged.insert(pod);
    await edged.once(pod, (now) => waitingReason(now) === 'ErrImagePull');
    const backedOff = await edged.until(pod, (now) => waitingReason(now) === 'ImagePullBackOff');
    expect(containerOf(backedOff).state.waiting?.message).toMatch(
      new RegExp(`^Back-off pulling image "${image}"`),
    );
    expect(backedOff.phase).toBe('Pending');
    await fixture.image(image);
    await edged.until(pod, running);
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
