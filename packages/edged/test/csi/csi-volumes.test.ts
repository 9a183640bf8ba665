import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CsiVolumes } from '../../src/csi/node/csi-volumes.js';
import type { CsiVolumeSpec } from '../../src/csi/node/volume-spec.js';
import { DriverRegistry } from '../../src/csi/registration/driver-registry.js';
import { systemClock } from '../../src/ports/clock.js';
import { claim } from '../support/csi/claims.js';
import { FakeDriver, failing } from '../support/csi/fake-driver.js';
import { FakeObjects } from '../support/fake-objects.js';

/** Nothing is mounted here: a driver that keeps directories is believed, and asked again by the next agent. */
describe('CSI volumes of pods (edged.md §14)', () => {
  let root: string;
  let driver: FakeDriver;
  let registry: DriverRegistry;
  let volumes: CsiVolumes;
  let end: AbortController;
  const objects = new FakeObjects();
  const fsGroup = { gid: process.getgid!(), changePolicy: 'Always' } as const;

  const create = (timeoutMs = 500) => {
    end = new AbortController();
    return new CsiVolumes({
      rootDirectory: root,
      nodeName: 'edge-1',
      registry,
      clock: systemClock,
      timeoutMs,
      withoutAttach: new Set(['free']),
      signal: end.signal,
    });
  };
  const start = async (capabilities?: readonly string[]) => {
    driver = await new FakeDriver({ directory: root, ...(capabilities && { capabilities }) }).start();
    for (const name of ['csi-hostpath', 'free']) {
      registry.add({ name, endpoint: driver.socket, nodeId: 'n', registeredBy: '/reg' });
    }
  };
  const spec = (more: Partial<CsiVolumeSpec> = {}): CsiVolumeSpec => ({
    podUid: 'uid-1',
    name: 'pv-v',
    driver: 'csi-hostpath',
    handle: 'handle-v',
    lifecycle: 'Persistent',
    fsType: 'ext4',
    mountOptions: ['noatime'],
    accessModes: ['ReadWriteOnce'],
    readOnly: false,
    context: new Map(),
    ...more,
  });
  const setUp = (more: Partial<CsiVolumeSpec> = {}, group?: typeof fsGroup) =>
    volumes.setUp(spec(more), { objects, fsGroup: group });
  /** Calls that change something. */
  const changes = () => driver.calls.filter((call) => !call.startsWith('NodeGet'));

  beforeEach(async () => {
    root = await tempDir('csi-');
    registry = new DriverRegistry();
    objects.attachments.clear();
    claim(objects, { name: 'v', namespace: 'default' });
    volumes = create();
  });
  afterEach(async () => {
    end.abort(new Error('stopped'));
    await driver?.stop();
  });

  test('set up once, undone once, nothing left', async () => {
    await start();
    const path = await setUp();
    expect(path).toBe(join(root, 'pods/uid-1/volumes/kubernetes.io~csi/pv-v/mount'));
    expect(await setUp()).toBe(path);
    expect(changes()).toEqual(['NodeStageVolume handle-v', 'NodePublishVolume handle-v']);
    expect(volumes.inUse()).toEqual(['kubernetes.io/csi/csi-hostpath^handle-v']);
    await volumes.tearDown('uid-1');
    await volumes.tearDown('uid-1');
    expect(changes().slice(2)).toEqual(['NodeUnpublishVolume handle-v', 'NodeUnstageVolume handle-v']);
    expect(readdirSync(join(root, 'pods/uid-1/volumes/kubernetes.io~csi'))).toEqual([]);
    expect(readdirSync(join(root, 'plugins/kubernetes.io/csi/csi-hostpath'))).toEqual([]);
    expect(volumes.inUse()).toEqual([]);
  });

  test('another agent knows the volumes from their records, and undoes them', async () => {
    await start();
    await setUp();
    volumes = create();
    await volumes.recall();
    expect(volumes.inUse()).toEqual(['kubernetes.io/csi/csi-hostpath^handle-v']);
    await volumes.tearDown('uid-1');
    expect(changes().slice(-2)).toEqual(['NodeUnpublishVolume handle-v', 'NodeUnstageVolume handle-v']);
  });

  test('a volume the 2020 edge has staged is adopted where it is', async () => {
    await start();
    const legacy = join(root, 'plugins/kubernetes.io/csi/pv/pv-v/globalmount');
    mkdirSync(legacy, { recursive: true });
    await setUp();
    await volumes.tearDown('uid-1');
    const paths = driver.requests.flatMap((request) => request['stagingTargetPath'] ?? []);
    expect(new Set(paths)).toEqual(new Set([legacy]));
    expect(existsSync(join(legacy, '..'))).toBe(false);
  });

  test('a driver without staging', async () => {
    await start([]);
    await setUp();
    await volumes.tearDown('uid-1');
    expect(changes()).toEqual(['NodePublishVolume handle-v', 'NodeUnpublishVolume handle-v']);
    expect(driver.requests.find((request) => request['targetPath'])).not.toHaveProperty('stagingTargetPath');
  });

  test('a driver that changes the group itself is told it, and nobody else changes files', async () => {
    await start(['VOLUME_MOUNT_GROUP', 'SINGLE_NODE_MULTI_WRITER']);
    const path = await setUp({ accessModes: ['ReadWriteOncePod'] }, fsGroup);
    expect(driver.requests.find((request) => request['targetPath'])).toMatchObject({
      volumeCapability: {
        mount: { fsType: 'ext4', mountFlags: ['noatime'], volumeMountGroup: String(fsGroup.gid) },
        accessMode: { mode: 'SINGLE_NODE_SINGLE_WRITER' },
      },
    });
    expect(statSync(path).mode & 0o2000).toBe(0);
  });

  test.each([
    ['ReadWriteOnce with a file system type', {}, true],
    ['no file system type', { fsType: '' }, false],
    ['ReadWriteMany', { accessModes: ['ReadWriteMany'] }, false],
    ['read-only', { readOnly: true }, false],
  ] as const)('fsGroup: %s', async (_, more, changed) => {
    await start();
    const path = await setUp(more, fsGroup);
    expect((statSync(path).mode & 0o2000) !== 0).toBe(changed);
  });

  test('a driver that needs no attaching is not waited for; the others are', async () => {
    await start();
    objects.attachments.clear();
    await setUp({ driver: 'free' });
    volumes = create(50);
    await expect(setUp({ podUid: 'uid-2' })).rejects.toMatchObject({
      reason: 'FailedAttachVolume',
      message: expect.stringMatching(/^AttachVolume.Attach failed for volume "pv-v" : timed out/),
    });
    expect(existsSync(join(root, 'pods/uid-2'))).toBe(false);
    // What is about to be used must not be detached.
    expect(volumes.inUse()).toEqual(['kubernetes.io/csi/csi-hostpath^handle-v']);
  });

  test('a driver that never answers is given up, and undone although it never said so', async () => {
    await start();
    driver.handlers['NodeStageVolume'] = () => new Promise(() => {});
    await expect(setUp()).rejects.toMatchObject({
      reason: 'FailedMount',
      message: expect.stringMatching(/MountDevice failed .* code = DeadlineExceeded/),
    });
    driver.handlers['NodeUnpublishVolume'] = failing(5, 'never heard of it');
    await volumes.tearDown('uid-1');
    expect(changes().slice(-2)).toEqual(['NodeUnpublishVolume handle-v', 'NodeUnstageVolume handle-v']);
  });

  test('a failure is waited out before the driver is asked again', async () => {
    await start();
    driver.handlers['NodePublishVolume'] = failing(13, 'boom');
    const boom = 'MountVolume.SetUp failed for volume "pv-v" : rpc error: code = Internal desc = boom';
    await expect(setUp()).rejects.toThrow(boom);
    await expect(setUp()).rejects.toThrow(boom);
    expect(changes()).toEqual(['NodeStageVolume handle-v', 'NodePublishVolume handle-v']);
  });

  test('without its driver a volume stays as it is', async () => {
    await start();
    const path = await setUp();
    registry.removeBy('/reg');
    registry.removeBy('/reg');
    await expect(volumes.tearDown('uid-1')).rejects.toMatchObject({
      code: 'ERR_VOLUME',
      message: expect.stringContaining('driver name csi-hostpath not found'),
    });
    expect(existsSync(path)).toBe(true);
    expect(volumes.inUse()).toHaveLength(1);
  });

  test('files a driver leaves behind are not deleted', async () => {
    await start();
    const path = await setUp();
    writeFileSync(join(path, 'precious'), 'x');
    driver.handlers['NodeUnpublishVolume'] = () => ({});
    await expect(volumes.tearDown('uid-1')).rejects.toThrow(/cannot remove .*not empty/);
    expect(readFileSync(join(path, 'precious'), 'utf8')).toBe('x');
    await rm(join(path, 'precious'));
    await volumes.tearDown('uid-1');
    expect(existsSync(path)).toBe(false);
  });

  test.each(['', '{', '[]', '{"driverName":7}'])('a damaged record is none: %j', async (text) => {
    await start();
    await setUp();
    writeFileSync(join(root, 'pods/uid-1/volumes/kubernetes.io~csi/pv-v/vol_data.json'), text);
    volumes = create();
    await volumes.recall();
    expect(volumes.inUse()).toEqual([]);
    await volumes.tearDown('uid-1');
    expect(changes()).toHaveLength(2);
  });

  test('the end of the agent ends a call at once', async () => {
    await start();
    driver.handlers['NodeStageVolume'] = () => {
      end.abort(new Error('edged stops'));
      return new Promise(() => {});
    };
    volumes = create(60_000);
    await expect(setUp()).rejects.toThrow('edged stops');
  });
});
