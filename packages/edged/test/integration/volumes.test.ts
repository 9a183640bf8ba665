import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUSYBOX_IMAGE, docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness, running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: volumes', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start();
  });
  afterAll(() => fixture.close());

  const mount = (name: string, mountPath: string, more = {}) => ({
    volumeMounts: [{ name, mountPath, ...more }],
  });
  const volume = (source: object, more = {}) => ({ volumes: [{ name: 'v', ...source }], ...more });

  test('#21 an emptyDir is shared, survives restarts and goes with the pod', async () => {
    const pod = fixture.pod(
      {},
      volume(
        { emptyDir: {} },
        {
          containers: [
            { name: 'c', image: BUSYBOX_IMAGE, command: ['sleep', '600'], ...mount('v', '/data') },
            {
              name: 'writer',
              image: BUSYBOX_IMAGE,
              command: ['sh', '-c', 'echo hi >>/data/f; sleep 600'],
              ...mount('v', '/data'),
            },
          ],
        },
      ),
    );
    await edged.insert(pod);
    await edged.until(pod, (now) => running(now));
    await eventually(async () => (await fixture.exec(pod, 'cat', '/data/f')) === 'hi');
    await docker('kill', fixture.containerName(pod, 'writer'));
    await edged.until(
      pod,
      (now) => containerOf(now, 'writer').restartCount === 1 && containerOf(now, 'writer').ready,
    );
    await eventually(async () => (await fixture.exec(pod, 'cat', '/data/f')) === 'hi\nhi');
    await edged.removeCompletely(pod);
    expect(existsSync(join(fixture.directory, 'root/pods', pod.metadata.uid))).toBe(false);
  });

  test('#22 an emptyDir in memory is a tmpfs of its size', async () => {
    const pod = fixture.pod(
      mount('v', '/data'),
      volume({ emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }),
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'df', '-k', '/data')).toMatch(/tmpfs\s+1024\b/);
    await expect(fixture.exec(pod, 'dd', 'if=/dev/zero', 'of=/data/big', 'bs=1M', 'count=2')).rejects.toThrow(
      /No space left/,
    );
    await edged.removeCompletely(pod);
    expect((await fixture.mounts()).filter((path) => path.includes(pod.metadata.uid))).toEqual([]);
  });

  test('#23 a hostPath of the wrong type keeps the pod in ContainerCreating', async () => {
    const pod = fixture.pod(mount('v', '/data'), volume({ hostPath: { path: '/nope', type: 'Directory' } }));
    await edged.insert(pod);
    await eventually(() =>
      edged.events.some(
        ({ reason, message }) =>
          reason === 'FailedMount' &&
          message.includes('hostPath type check failed: /nope is not a directory'),
      ),
    );
    expect(containerOf(edged.status(pod)!).state.waiting?.reason).toBe('ContainerCreating');
    expect(await fixture.containers()).not.toContain(fixture.containerName(pod));
  });

  test('#24 hostPath creates what it is told to', async () => {
    const path = join(fixture.directory, 'host');
    const pod = fixture.pod(
      {
        volumeMounts: [
          { name: 'd', mountPath: '/d' },
          { name: 'f', mountPath: '/f' },
        ],
      },
      {
        volumes: [
          { name: 'd', hostPath: { path, type: 'DirectoryOrCreate' } },
          { name: 'f', hostPath: { path: `${path}/file`, type: 'FileOrCreate' } },
        ],
      },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(statSync(`${path}/file`).mode & 0o777).toBe(0o644);
    await edged.removeCompletely(pod);
    expect(existsSync(`${path}/file`)).toBe(true);
  });

  test('#25 #27 configMap items, modes and atomic updates', async () => {
    edged.objects.configMap('cfg', { a: 'one', b: 'old' }, fixture.namespace);
    const pod = fixture.pod(
      {
        volumeMounts: [
          { name: 'v', mountPath: '/cfg' },
          { name: 'all', mountPath: '/all' },
        ],
      },
      {
        volumes: [
          { name: 'v', configMap: { name: 'cfg', items: [{ key: 'a', path: 'x/y', mode: 0o400 }] } },
          { name: 'all', configMap: { name: 'cfg' } },
        ],
      },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'cat', '/cfg/x/y')).toBe('one');
    expect(await fixture.exec(pod, 'readlink', '/cfg/x')).toBe('..data/x');
    expect(await fixture.exec(pod, 'stat', '-c', '%a', '/cfg/..data/x/y')).toBe('400');
    await expect(fixture.exec(pod, 'touch', '/cfg/own')).rejects.toThrow(/Read-only/);
    const before = await fixture.exec(pod, 'readlink', '/all/..data');
    edged.objects.configMap('cfg', { a: 'two', c: 'new' }, fixture.namespace);
    await edged.send('update', `${fixture.namespace}/configmap/cfg`, {});
    await eventually(async () => (await fixture.exec(pod, 'cat', '/all/a')) === 'two');
    expect(await fixture.exec(pod, 'ls', '/all')).toBe('a\nc');
    expect(await fixture.exec(pod, 'readlink', '/all/..data')).not.toBe(before);
    expect(await fixture.exec(pod, 'cat', '/cfg/x/y')).toBe('two');
    expect((await fixture.inspect(pod)).State.Running).toBe(true);
    expect(containerOf(edged.status(pod)!).restartCount).toBe(0);
  });

  test('#26 a secret lies in memory with its mode', async () => {
    edged.objects.secret('s', { key: 'geheim' }, fixture.namespace);
    const pod = fixture.pod(mount('v', '/s'), volume({ secret: { secretName: 's', defaultMode: 0o440 } }));
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'cat', '/s/key')).toBe('geheim');
    expect(await fixture.exec(pod, 'stat', '-L', '-c', '%a', '/s/key')).toBe('440');
    expect(await fixture.exec(pod, 'stat', '-f', '-c', '%T', '/s')).toBe('tmpfs');
  });

  test('#28 an optional volume starts empty and is filled later', async () => {
    const pod = fixture.pod(mount('v', '/o'), volume({ configMap: { name: 'opt', optional: true } }));
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'ls', '/o')).toBe('');
    edged.objects.configMap('opt', { k: 'v' }, fixture.namespace);
    await edged.send('insert', `${fixture.namespace}/configmap/opt`, {});
    await eventually(async () => (await fixture.exec(pod, 'cat', '/o/k')) === 'v');
  });

  test('#29 #31 subPath and subPathExpr', async () => {
    edged.objects.configMap('sub', { a: 'fixed' }, fixture.namespace);
    const pod = fixture.pod(
      {
        env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        volumeMounts: [
          { name: 'cfg', mountPath: '/file', subPath: 'a' },
          { name: 'v', mountPath: '/dir', subPath: 'deep/er' },
          { name: 'v', mountPath: '/own', subPathExpr: '$(POD)' },
          { name: 'v', mountPath: '/whole' },
        ],
      },
      {
        volumes: [
          { name: 'cfg', configMap: { name: 'sub' } },
          { name: 'v', emptyDir: {} },
        ],
      },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'ls', '/whole')).toBe(`deep\n${pod.metadata.name}`);
    edged.objects.configMap('sub', { a: 'changed' }, fixture.namespace);
    await edged.send('update', `${fixture.namespace}/configmap/sub`, {});
    const file = join(
      fixture.directory,
      'root/pods',
      pod.metadata.uid,
      'volumes/kubernetes.io~configmap/cfg/a',
    );
    await eventually(() => readFileSync(file, 'utf8') === 'changed');
    expect(await fixture.exec(pod, 'cat', '/file')).toBe('fixed');
  });

  test('#30 a subPath that leaves its volume is refused', async () => {
    const path = join(fixture.directory, 'trap');
    mkdirSync(path);
    symlinkSync('/etc', join(path, 'a'));
    const pod = fixture.pod(mount('v', '/x', { subPath: 'a' }), volume({ hostPath: { path } }));
    await edged.insert(pod);
    const status = await edged.until(
      pod,
      (now) => containerOf(now).state.waiting?.reason !== 'ContainerCreating',
    );
    expect(containerOf(status).state.waiting).toMatchObject({ reason: 'CreateContainerConfigError' });
    expect(containerOf(status).state.waiting?.message).toMatch(/leaves its volume/);
  });

  test('#32 a read-only mount', async () => {
    const pod = fixture.pod(mount('v', '/r', { readOnly: true }), volume({ emptyDir: {} }));
    await edged.insert(pod);
    await edged.until(pod, running);
    const bind = (await fixture.inspect(pod)).HostConfig.Binds?.find((one) => one.includes(':/r'));
    expect(bind).toMatch(/:\/r:ro$/);
    await expect(fixture.exec(pod, 'touch', '/r/f')).rejects.toThrow(/Read-only/);
  });

  test('#33 mounts pass between node and container as asked', async () => {
    const path = join(fixture.directory, 'shared');
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', 'shared', path]);
    execFileSync('mount', ['--make-shared', path]);
    mkdirSync(join(path, 'late'));
    const [container] = fixture.pod().spec.containers;
    const mounting = (name: string, more = {}) => ({ ...container!, name, ...mount('v', '/m', more) });
    const containers = [
      mounting('none'),
      mounting('down', { mountPropagation: 'HostToContainer' }),
      // Runs only where the engine itself has every capability.
      { ...mounting('both', { mountPropagation: 'Bidirectional' }), securityContext: { privileged: true } },
    ];
    const pod = fixture.pod({}, volume({ hostPath: { path } }, { containers }));
    await edged.insert(pod);
    await edged.until(pod, (now) => ['none', 'down'].every((name) => containerOf(now, name).ready));
    const bind = async (name: string) =>
      (await fixture.inspect(pod, name)).HostConfig.Binds?.find((one) => one.startsWith(`${path}:`));
    expect(await bind('none')).toBe(`${path}:/m`);
    expect(await bind('down')).toBe(`${path}:/m:rslave`);
    expect(await bind('both')).toBe(`${path}:/m:rshared`);

    const listed = (name: string) => docker('exec', fixture.containerName(pod, name), 'ls', '/m/late');
    execFileSync('mount', ['-t', 'tmpfs', 'late', join(path, 'late')]);
    writeFileSync(join(path, 'late/f'), '');
    expect(await listed('down')).toBe('f');
    expect(await listed('none')).toBe('');
  });

  test('#34 #35 projected and downwardAPI volumes, updated without a restart', async () => {
    edged.objects.configMap('pc', { fromMap: 'm' }, fixture.namespace);
    edged.objects.secret('ps', { fromSecret: 's' }, fixture.namespace);
    edged.objects.token = 'token-1';
    const pod = fixture.pod(
      {
        volumeMounts: [
          { name: 'p', mountPath: '/p' },
          { name: 'd', mountPath: '/d' },
        ],
      },
      {
        volumes: [
          {
            name: 'p',
            projected: {
              sources: [
                { configMap: { name: 'pc' } },
                { secret: { name: 'ps' } },
                { downwardAPI: { items: [{ path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
                { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
              ],
            },
          },
          {
            name: 'd',
            downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
          },
        ],
      },
      { labels: { b: '2', a: 'x"y' } },
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'sh', '-c', 'cd /p; cat fromMap fromSecret ns token')).toBe(
      `ms${fixture.namespace}token-1`,
    );
    expect(await fixture.exec(pod, 'cat', '/d/labels')).toBe('a="x\\"y"\nb="2"');
    await edged.update({ ...pod, metadata: { ...pod.metadata, labels: { b: '3' } } });
    await eventually(async () => (await fixture.exec(pod, 'cat', '/d/labels')) === 'b="3"');
    expect(containerOf(edged.status(pod)!).restartCount).toBe(0);
  });

  test('#37 #40 fsGroup owns the volume, groups reach the process', async () => {
    const pod = fixture.pod(
      mount('v', '/g'),
      volume({ emptyDir: {} }, { securityContext: { fsGroup: 2000, supplementalGroups: [10, 20] } }),
    );
    await edged.insert(pod);
    await edged.until(pod, running);
    expect(await fixture.exec(pod, 'stat', '-c', '%g %a', '/g')).toBe('2000 2777');
    expect((await fixture.inspect(pod)).HostConfig.GroupAdd).toEqual(['10', '20', '2000']);
  });
});
