import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, withDocker } from '@edgecore/testing';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { attachmentName } from '../../src/csi/node/csi-paths.js';
import { claim } from '../support/csi/claims.js';
import { DriverProcess } from '../support/csi/driver-process.js';
import { DockerFixture } from '../support/docker-fixture.js';
import { FakeObjects } from '../support/fake-objects.js';
import { containerOf, type Harness, type PodObject, running } from '../support/harness.js';

const describeDocker = await withDocker();
const SH = (script: string) => ['sh', '-c', `${script}; sleep 600`];
/** Nothing here listens to TERM. */
const QUICK = { minimumGraceMs: 100 };

describeDocker('persistent volume claims', () => {
  let fixture: DockerFixture;
  let edged: Harness;
  let driver: DriverProcess;
  const objects = new FakeObjects();
  const started: PodObject[] = [];
  let root: string;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    root = join(fixture.directory, 'root');
    driver = new DriverProcess(root, join(fixture.directory, 'driver'));
    edged = await fixture.start({ objects, ...QUICK });
    await driver.start();
  });
  afterEach(async () => {
    driver.faults({});
    for (const pod of started.splice(0)) {
      if (!edged.reporter.forgotten.includes(pod.metadata.uid)) await edged.removeCompletely(pod);
    }
    // Nothing of any driver, nor anything else, is left mounted; no staging directory either.
    expect(await fixture.mounts()).toEqual([]);
    const staged = join(root, 'plugins/kubernetes.io/csi/csi-hostpath');
    expect(existsSync(staged) ? readdirSync(staged) : []).toEqual([]);
  });
  afterAll(async () => {
    await driver.stop();
    await fixture.close();
  });

  /** A pod with `claimName` at `/data`. */
  function podWith(claimName: string, command: string[], { mount = {}, source = {}, spec = {} } = {}) {
    const pod = fixture.pod(
      { command, volumeMounts: [{ name: 'v', mountPath: '/data', ...mount }] },
      {
        terminationGracePeriodSeconds: 0,
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName, ...source } }],
        ...spec,
      },
    );
    started.push(pod);
    return pod;
  }

  async function run(pod: PodObject): Promise<PodObject> {
    await edged.insert(pod);
    await edged.until(pod, running);
    return pod;
  }

  const bound = (name: string, more: Parameters<typeof claim>[2] = {}) =>
    claim(objects, { name, namespace: fixture.namespace }, more);
  const failures = (pod: PodObject) =>
    edged.events
      .filter((event) => event.pod.metadata.uid === pod.metadata.uid && event.type === 'Warning')
      .map(({ reason, message }) => `${reason}: ${message}`);

  test('what one pod writes the next one reads; staged and published as the kubelet does', async () => {
    const { pv, handle } = bound('keep', { csi: { volumeAttributes: { tier: 'fast' } } });
    const first = await run(podWith('keep', SH('echo kept >/data/f')));
    const target = join(root, 'pods', first.metadata.uid, `volumes/kubernetes.io~csi/${pv}/mount`);
    await eventually(() => existsSync(join(target, 'f')));
    const [stage] = driver.calls('NodeStageVolume').slice(-1);
    const [publish] = driver.calls('NodePublishVolume').slice(-1);
    const capability = { mount: { fsType: 'ext4' }, accessMode: { mode: 'SINGLE_NODE_WRITER' } };
    const common = { volumeId: handle, volumeContext: { tier: 'fast' }, publishContext: { device: 'sda' } };
    expect(stage!.request).toMatchObject({ ...common, volumeCapability: capability });
    expect(stage!.request['stagingTargetPath']).toMatch(
      new RegExp(`^${root}/plugins/kubernetes.io/csi/csi-hostpath/[0-9a-f]{64}/globalmount$`),
    );
    expect(publish!.request).toMatchObject({
      ...common,
      stagingTargetPath: stage!.request['stagingTargetPath'],
      targetPath: target,
    });
    expect(JSON.parse(readFileSync(join(target, '../vol_data.json'), 'utf8'))).toEqual({
      attachmentID: attachmentName(handle, 'csi-hostpath', 'edge-1'),
      driverName: 'csi-hostpath',
      nodeName: 'edge-1',
      specVolID: pv,
      volumeHandle: handle,
      volumeLifecycleMode: 'Persistent',
    });
    expect(edged.reporter.source!.volumesInUse!()).toEqual([`kubernetes.io/csi/csi-hostpath^${handle}`]);

    await edged.removeCompletely(first);
    expect(edged.reporter.source!.volumesInUse!()).toEqual([]);
    expect(driver.calls('NodeUnstageVolume').at(-1)!.request).toEqual({
      volumeId: handle,
      stagingTargetPath: stage!.request['stagingTargetPath'],
    });
    const second = await run(podWith('keep', SH('cat /data/f')));
    await eventually(async () => (await fixture.logs(second)) === 'kept');
  });

  test('two pods on one claim: staged once, unstaged after the last one', async () => {
    const { handle } = bound('shared', { accessModes: ['ReadWriteMany'] });
    const calls = (method: string) =>
      driver.calls(method).filter(({ request }) => request['volumeId'] === handle).length;
    const a = podWith('shared', SH('echo a >/data/a'));
    const b = podWith('shared', SH('true'));
    await Promise.all([run(a), run(b)]);
    await eventually(async () => (await fixture.exec(b, 'cat', '/data/a')) === 'a');
    expect([calls('NodeStageVolume'), calls('NodePublishVolume')]).toEqual([1, 2]);
    await edged.removeCompletely(a);
    expect([calls('NodeUnpublishVolume'), calls('NodeUnstageVolume')]).toEqual([1, 0]);
    expect(await fixture.exec(b, 'cat', '/data/a')).toBe('a');
    await edged.removeCompletely(b);
    expect([calls('NodeUnpublishVolume'), calls('NodeUnstageVolume')]).toEqual([2, 1]);
    expect(readFileSync(join(driver.volume(handle), 'a'), 'utf8')).toBe('a\n');
  });

  test('subPath, a read-only claim, fsGroup', async () => {
    const { handle } = bound('parts');
    writeFileSync(join(driver.volume(handle), 'old'), 'x');
    const owner = podWith('parts', SH('echo deep >/data/f'), {
      mount: { subPath: 'deep/er' },
      spec: { securityContext: { fsGroup: 4321 } },
    });
    await run(owner);
    await eventually(() => existsSync(join(driver.volume(handle), 'deep/er/f')));
    const { gid, mode } = statSync(join(driver.volume(handle), 'old'));
    expect([gid, mode & 0o060]).toEqual([4321, 0o060]);
    expect((await fixture.inspect(owner)).HostConfig.GroupAdd).toEqual(['4321']);
    const reader = await run(podWith('parts', SH('true'), { source: { readOnly: true } }));
    expect(driver.calls('NodePublishVolume').at(-1)!.request).toMatchObject({ readonly: true });
    expect(await fixture.exec(reader, 'cat', '/data/deep/er/f')).toBe('deep');
    await expect(fixture.exec(reader, 'touch', '/data/new')).rejects.toThrow(/Read-only/);
    expect((await fixture.inspect(reader)).HostConfig.Binds?.find((one) => one.includes(':/data'))).toMatch(
      /:ro$/,
    );
  });

  test('secrets reach the driver, and nobody else', async () => {
    objects.secret('stage', { user: 'u' }, 'store');
    objects.secret('publish', { key: 'geheim' }, 'store');
    bound('locked', {
      csi: {
        nodeStageSecretRef: { name: 'stage', namespace: 'store' },
        nodePublishSecretRef: { name: 'publish', namespace: 'store' },
      },
    });
    const pod = await run(podWith('locked', SH('true')));
    expect(driver.calls('NodeStageVolume').at(-1)!.request['secrets']).toEqual({ user: 'u' });
    expect(driver.calls('NodePublishVolume').at(-1)!.request['secrets']).toEqual({ key: 'geheim' });
    expect(JSON.stringify(edged.events)).not.toContain('geheim');
    expect(JSON.stringify(await fixture.inspect(pod))).not.toContain('geheim');
  });

  test.each([
    ['NodeStageVolume', 'MountVolume.MountDevice failed for volume "pv-NodeStageVolume" : '],
    ['NodePublishVolume', 'MountVolume.SetUp failed for volume "pv-NodePublishVolume" : '],
  ])(
    'a driver that fails at %s: the pod waits, says why, and starts when it works',
    async (method, prefix) => {
      bound(method);
      driver.faults({ [method]: { code: 13, message: 'disk is odd' } });
      const pod = podWith(method, SH('true'));
      await edged.insert(pod);
      await eventually(() =>
        failures(pod).includes(`FailedMount: ${prefix}rpc error: code = Internal desc = disk is odd`),
      );
      expect(containerOf(edged.status(pod)!).state.waiting?.reason).toBe('ContainerCreating');
      expect(await fixture.containers()).not.toContain(fixture.containerName(pod));
      driver.faults({});
      await edged.until(pod, running);
    },
  );

  test('a driver that does not unpublish keeps the pod, and its data', async () => {
    const { handle } = bound('stuck');
    const pod = await run(podWith('stuck', SH('echo safe >/data/f')));
    await eventually(() => existsSync(join(driver.volume(handle), 'f')));
    driver.faults({ NodeUnpublishVolume: { code: 9, message: 'busy' } });
    await edged.delete(pod);
    const tries = driver.calls('NodeUnpublishVolume').length;
    await eventually(() => driver.calls('NodeUnpublishVolume').length > tries + 1);
    expect(edged.reporter.forgotten).not.toContain(pod.metadata.uid);
    expect(readFileSync(join(driver.volume(handle), 'f'), 'utf8')).toBe('safe\n');
    driver.faults({});
    await eventually(() => edged.reporter.forgotten.includes(pod.metadata.uid), { timeoutMs: 20_000 });
    expect(readFileSync(join(driver.volume(handle), 'f'), 'utf8')).toBe('safe\n');
  });

  test('a driver that is restarted: pods run on, and are undone by the new one', async () => {
    bound('restart');
    const pod = await run(podWith('restart', SH('true')));
    await driver.stop();
    const late = podWith('restart', SH('true'));
    await edged.insert(late);
    await eventually(() =>
      failures(late).some((text) => text.endsWith('not found in the list of registered CSI drivers')),
    );
    expect((await fixture.inspect(pod)).State.Running).toBe(true);
    await driver.start();
    await edged.until(late, running);
    await edged.removeCompletely(pod);
  });

  test('an agent that is restarted adopts the mounts, and undoes those of a pod it never knew', async () => {
    const { handle } = bound('adopt');
    const pod = await run(podWith('adopt', SH('echo on >/data/f')));
    const orphan = await run(podWith('adopt', SH('true')));
    const before = driver.calls('NodePublishVolume').length;
    await edged.stop();
    edged = await fixture.start({ objects: storing(objects, [pod]), relistMs: 500, ...QUICK });
    await edged.until(pod, running);
    const source = await eventually(() => edged.reporter.source);
    await eventually(() => driver.calls('NodeUnpublishVolume').at(-1)!.request['targetPath']);
    await eventually(() => !existsSync(join(root, 'pods', orphan.metadata.uid)), { timeoutMs: 20_000 });
    started.splice(started.indexOf(orphan), 1);
    expect(driver.calls('NodePublishVolume')).toHaveLength(before);
    expect(source.volumesInUse!()).toEqual([`kubernetes.io/csi/csi-hostpath^${handle}`]);
    expect(await fixture.exec(pod, 'cat', '/data/f')).toBe('on');
  });

  test('hostPath and local volumes behind a claim', async () => {
    const path = join(fixture.directory, 'disk');
    mkdirSync(path);
    claim(objects, { name: 'host', namespace: fixture.namespace }, { source: { hostPath: { path } } });
    claim(objects, { name: 'local', namespace: fixture.namespace }, { source: { local: { path } } });
    await run(podWith('host', SH('echo h >/data/h')));
    const local = await run(podWith('local', SH('true'), { spec: { securityContext: { fsGroup: 77 } } }));
    await eventually(async () => (await fixture.exec(local, 'cat', '/data/h')) === 'h');
    expect(statSync(path).gid).toBe(77);
  });

  test('an inline volume of a driver is published, not staged, and is told the pod', async () => {
    const pod = fixture.pod(
      { volumeMounts: [{ name: 'in', mountPath: '/data' }] },
      { volumes: [{ name: 'in', csi: { driver: 'csi-hostpath', volumeAttributes: { a: 'b' } } }] },
    );
    started.push(pod);
    const staged = driver.calls('NodeStageVolume').length;
    await run(pod);
    expect(driver.calls('NodeStageVolume')).toHaveLength(staged);
    expect(driver.calls('NodePublishVolume').at(-1)!.request['volumeContext']).toMatchObject({
      a: 'b',
      'csi.storage.k8s.io/ephemeral': 'true',
      'csi.storage.k8s.io/pod.uid': pod.metadata.uid,
    });
    expect(edged.reporter.source!.volumesInUse!()).toEqual([]);
  });
});

function storing(objects: FakeObjects, pods: PodObject[]): FakeObjects {
  objects.stored = { items: pods.map((pod) => JSON.stringify(pod)), errors: [] };
  return objects;
}
