import type { PersistentVolume, Volume } from '@edgecore/edged';
import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { claim } from '../support/csi/claims.js';
import { FakeObjects } from '../support/fake-objects.js';
import { FakeRuntime } from '../support/fake-runtime.js';
import { containerOf, Harness, podObject } from '../support/harness.js';
import { ManualClock } from '../support/manual-clock.js';

/** What a pod with a claim waits for, and that it goes on once it is there (edged.md §7, §14). */
describe('a pod whose claim is not ready', () => {
  let clock: ManualClock;
  let objects: FakeObjects;
  let directory: string;
  let edged: Harness;

  beforeEach(async () => {
    clock = new ManualClock();
    objects = new FakeObjects();
    directory = await tempDir();
    edged = new Harness({
      runtime: new FakeRuntime(clock),
      clock,
      directory,
      objects,
      random: () => 0,
      cgroupsPerQos: false,
    });
  });
  afterEach(() => edged.stop());

  const podWith = (source: Partial<Volume>, container = {}) =>
    podObject({
      containers: [
        { name: 'c', image: 'busybox:1', volumeMounts: [{ name: 'v', mountPath: '/v' }], ...container },
      ],
      volumes: [{ name: 'v', ...source }],
    });
  const named = (claimName = 'data') => podWith({ persistentVolumeClaim: { claimName } });
  const warned = () => edged.events.filter(({ reason }) => reason === 'FailedMount').at(-1);
  const fails = async (pod: ReturnType<typeof podWith>, expected: string | RegExp) => {
    await edged.insert(pod);
    await clock.until(warned);
    expect(warned()!.message).toMatch(expected);
    await clock.until(() => edged.status(pod)?.containerStatuses);
    expect(containerOf(edged.status(pod)!).state.waiting?.reason).toBe('ContainerCreating');
  };
  const bound = (source: Partial<NonNullable<PersistentVolume['spec']>>) =>
    claim(objects, { name: 'data', namespace: 'default' }, { source });

  test('no claim, an unbound one, no volume; then it starts', async () => {
    const pod = named();
    await fails(pod, 'MountVolume.SetUp failed for volume "v" : persistentvolumeclaim "data" not found');
    bound({ hostPath: { path: directory } });
    const [[key, whole]] = [...objects.claims] as [
      [string, NonNullable<ReturnType<typeof objects.claims.get>>],
    ];
    objects.claims.set(key, { ...whole, status: { phase: 'Pending' } });
    await clock.until(
      () => warned()!.message.includes('PVC is not bound: persistentvolumeclaim "data"'),
      11_000,
    );
    const [[volumeKey, volume]] = [...objects.volumes] as [[string, PersistentVolume]];
    objects.volumes.clear();
    objects.claims.set(key, whole);
    await clock.until(() => warned()!.message.includes('persistentvolume "pv-data" not found'), 11_000);
    objects.volumes.set(volumeKey, volume);
    await clock.until(() => edged.status(pod)?.phase === 'Running', 11_000);
  });

  test('its driver is not registered', async () => {
    claim(objects, { name: 'data', namespace: 'default' });
    await fails(named(), 'driver name csi-hostpath not found in the list of registered CSI drivers');
  });

  test.each<[string, Partial<NonNullable<PersistentVolume['spec']>>, string]>([
    [
      'a block volume',
      { volumeMode: 'Block', hostPath: { path: '/' } },
      'volumeMode Block of persistentvolume',
    ],
    ['a volume of another kind', { nfs: { server: 's', path: '/' } }, 'no volume plugin matched: .* nfs'],
    ['a volume of another claim', { claimRef: { uid: 'other' } }, 'is bound to another claim than "data"'],
    ['a local path that is not there', { local: { path: '/nope' } }, 'path "/nope" does not exist'],
    ['a local path that climbs', { local: { path: '/a/../b' } }, 'must not contain ".."'],
    [
      'a driver without a handle',
      { csi: { driver: 'd', volumeHandle: '' } },
      'names no driver or no volumeHandle',
    ],
    [
      'a hostPath of the wrong type',
      { hostPath: { path: '/nope', type: 'Directory' } },
      '/nope is not a directory',
    ],
  ])('%s', async (_, source, expected) => {
    bound(source);
    await fails(named(), new RegExp(`MountVolume.SetUp failed for volume "v" : .*${expected}`));
  });

  test('a name of a volume that is a path leads nowhere', async () => {
    objects.claims.set('default/data', {
      metadata: { name: 'data' },
      spec: { volumeName: '../x' },
      status: { phase: 'Bound' },
    });
    objects.volumes.set('/../x', {
      metadata: { name: '../x' },
      spec: { csi: { driver: 'd', volumeHandle: 'h' } },
    });
    await fails(named(), '"../x" is not the name of a persistent volume');
  });

  test('an ephemeral volume takes the claim made for this pod, no other', async () => {
    claim(objects, { name: 'p-v', namespace: 'default' }, { source: { hostPath: { path: directory } } });
    const pod = podWith({ ephemeral: {} });
    await fails(pod, 'persistentvolumeclaim "p-v" was not made for this pod');
    const whole = objects.claims.get('default/p-v')!;
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: pod.metadata.uid };
    objects.claims.set('default/p-v', {
      ...whole,
      metadata: { ...whole.metadata!, ownerReferences: [owner] },
    });
    await clock.until(() => edged.status(pod)?.phase === 'Running', 11_000);
  });

  test('a container that wants the device itself', async () => {
    bound({ hostPath: { path: directory } });
    const volumeDevices = [{ name: 'v', devicePath: '/dev/x' }];
    await fails(
      podWith({ persistentVolumeClaim: { claimName: 'data' } }, { volumeMounts: [], volumeDevices }),
      'volumeDevices are not supported here',
    );
  });

  test('a claim once read is not asked for again', async () => {
    bound({ hostPath: { path: directory } });
    const pod = named();
    await edged.insert(pod);
    await clock.until(() => edged.status(pod)?.phase === 'Running');
    objects.claims.clear();
    objects.volumes.clear();
    await clock.advance(200_000);
    expect(warned()).toBeUndefined();
  });
});
