import { eventually, withDocker } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Container, PodSpec } from '../../src/kube-types.js';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('bad specs on a real engine', () => {
  let fixture: DockerFixture;
  beforeEach(async () => {
    fixture = await DockerFixture.create();
  });
  afterEach(() => fixture.close());

  // Objects come from anywhere: what their types forbid is the point here.
  const pod = (container: object, spec: object = {}) =>
    fixture.pod(container as Partial<Container>, spec as Partial<PodSpec>);
  const mounting = (volume: object) => [
    { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    { volumes: [{ name: 'v', ...volume }] },
  ];

  test('each is told with Kubernetes’ own words; the pod beside them runs untouched', async () => {
    const edged = await fixture.start();
    const good = pod({});
    await edged.insert(good);
    await edged.until(good, ({ phase }) => phase === 'Running');
    const { id } = await fixture.inspect(good).then(({ Id }) => ({ id: Id }));

    const twice = [
      { name: 'c', image: 'a' },
      { name: 'c', image: 'b' },
    ];
    const rejected: [string, object, object?][] = [
      ['spec.containers[1].name: Duplicate value: "c"', {}, { containers: twice }],
      ['quantities must match', { resources: { limits: { memory: '12 bananas' } } }],
      ['must be greater than or equal to 0', { resources: { limits: { memory: '-1' } } }],
      [
        'must be less than or equal to cpu limit',
        { resources: { limits: { cpu: 1 }, requests: { cpu: 2 } } },
      ],
      ['must be between 1 and 65535, inclusive', { ports: [{ containerPort: 99_999 }] }],
      ['must be a list', { env: 'x' }],
    ];
    const waiting: [string, string, object, object?][] = [
      [
        'CreateContainerConfigError',
        'cannot find volume "nope"',
        { volumeMounts: [{ name: 'nope', mountPath: '/v' }] },
      ],
      [
        'CreateContainerConfigError',
        'configmap "nope" not found',
        { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'nope', key: 'a' } } }] },
      ],
      ['CreateContainerError', 'Minimum memory limit', { resources: { limits: { memory: '1' } } }],
      ['InvalidImageName', 'invalid reference format', { image: 'A B' }],
    ];
    const unmounted: [string, ...object[]][] = [
      ['no volume plugin matched', ...mounting({ glusterfs: { path: 'x' } })],
      ['configmap "nope" not found', ...mounting({ configMap: { name: 'nope' } })],
    ];
    const absurd = [
      pod({ resources: { limits: { cpu: '1e12', memory: '1e30' } } }),
      pod({ livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1, timeoutSeconds: 2 ** 31 - 1 } }),
    ];

    const refused = rejected.map(([, container, spec]) => pod(container, spec));
    const held = waiting.map(([, , container, spec]) => pod(container, spec));
    const unready = unmounted.map(([, container, spec]) => pod(container!, spec));
    for (const one of [...refused, ...held, ...unready, ...absurd]) await edged.insert(one);

    for (const [index, one] of refused.entries()) {
      const status = await edged.until(one, ({ phase }) => phase === 'Failed');
      const message = expect.stringContaining(rejected[index]![0]);
      expect(status).toMatchObject({ reason: 'FailedValidation', message });
      expect(edged.events).toContainEqual(
        expect.objectContaining({
          pod: expect.objectContaining({ metadata: one.metadata }),
          reason: 'FailedValidation',
        }),
      );
    }
    for (const [index, one] of held.entries()) {
      const [reason, message] = waiting[index]!;
      const status = await edged.until(one, (now) => containerOf(now).state.waiting?.reason === reason);
      expect(status.phase).toBe('Pending');
      expect(containerOf(status).state.waiting?.message).toContain(message);
    }
    for (const [index, one] of unready.entries()) {
      await eventually(() =>
        edged.events.some(
          (event) =>
            event.pod?.metadata.uid === one.metadata.uid &&
            event.reason === 'FailedMount' &&
            event.message.includes(unmounted[index]![0]),
        ),
      );
      expect(containerOf(edged.status(one)!).state.waiting?.reason).toBe('ContainerCreating');
    }
    for (const one of absurd) await edged.until(one, ({ phase }) => phase === 'Running');

    expect((await fixture.inspect(good)).Id).toBe(id);
    expect(containerOf(edged.status(good)!).restartCount).toBe(0);
    expect(containerOf(edged.status(absurd[1]!)!).restartCount).toBe(0);
    // A refused pod can be deleted like any other.
    await edged.removeCompletely(refused[0]!);
  });

  test('a running pod goes on with the spec it has when a worse one comes, and ends when it is told to', async () => {
    const edged = await fixture.start();
    const running = pod({});
    await edged.insert(running);
    await edged.until(running, ({ phase }) => phase === 'Running');
    await edged.insert({ ...running, spec: { containers: [{ name: 'c' }, { name: 'c' }] } });
    await eventually(() => edged.events.some(({ reason }) => reason === 'FailedValidation'));
    expect((await fixture.inspect(running)).State.Running).toBe(true);
    expect(edged.status(running)!.phase).toBe('Running');
    await edged.removeCompletely(running);
  });
});
