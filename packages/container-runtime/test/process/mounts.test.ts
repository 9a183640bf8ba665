import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import type { Mount } from '../../src/index.js';
import { createProcessRuntime } from '../../src/index.js';
import { planMounts } from '../../src/process/mount-plan.js';
import { containerConfig, ended, run, runtimes, sandboxConfig, text } from './pod.js';

const makeRuntime = runtimes();
const probe = createProcessRuntime({ rootDir: await tempDir() });
const describeMounts = probe.capabilities.mounts ? describe : describe.skip;

const mount = (hostPath: string, containerPath: string, readOnly = false): Mount => ({
  hostPath,
  containerPath,
  readOnly,
});

describeMounts('volumes in a mount namespace', () => {
  test('are seen at their paths, wherever those are, and the host is left as it was', async () => {
    const volume = await tempDir();
    await writeFile(join(volume, 'hello'), 'from the volume\n');
    const hosts = join(await tempDir(), 'hosts');
    const message = join(await tempDir(), 'message');
    await writeFile(hosts, '127.0.0.1\tpod\n');
    await writeFile(message, '');
    await chmod(message, 0o666);
    const existing = await tempDir();
    const runtime = await makeRuntime();
    const id = await run(
      runtime,
      `cat /etc/hosts; cat ${existing}/hello; cat /data-edgecore/hello; cat '/etc/edge core/deep/hello'
       cat /var/run/edgecore-secrets/kubernetes.io/serviceaccount/hello
       echo done >/dev/termination-log; echo new >/data-edgecore/new; echo x >/dev/null; ls /proc/self/fd >/dev/null && pwd`,
      {
        workingDir: '/data-edgecore',
        mounts: [
          mount(hosts, '/etc/hosts'),
          mount(message, '/dev/termination-log'),
          mount(volume, existing),
          mount(volume, '/data-edgecore'),
          mount(volume, '/etc/edge core/deep'),
          mount(volume, '/var/run/edgecore-secrets/kubernetes.io/serviceaccount'),
        ],
      },
    );
    const status = await ended(runtime, id);
    expect(await text(runtime.logs(id), 'stderr')).toBe('');
    expect(status.exitCode).toBe(0);
    expect(await text(runtime.logs(id))).toBe(
      `127.0.0.1\tpod\n${'from the volume\n'.repeat(4)}/data-edgecore\n`,
    );
    expect(await readFile(message, 'utf8')).toBe('done\n');
    expect(await readFile(join(volume, 'new'), 'utf8')).toBe('new\n');
    for (const path of [
      '/data-edgecore',
      '/etc/edge core',
      '/dev/termination-log',
      '/run/edgecore-secrets',
    ]) {
      expect(existsSync(path)).toBe(false);
    }
    expect(await readdir(existing)).toEqual([]);
  });

  test('read-only ones cannot be written, also below another volume', async () => {
    const outer = await tempDir();
    const inner = await tempDir();
    const runtime = await makeRuntime();
    const id = await run(
      runtime,
      'touch /vol-e/a && ! touch /vol-e/in/b 2>/dev/null && ! touch /ro-e/c 2>/dev/null',
      {
        mounts: [mount(outer, '/vol-e'), mount(inner, '/vol-e/in', true), mount(inner, '/ro-e', true)],
      },
    );
    expect((await ended(runtime, id)).exitCode).toBe(0);
    expect((await readdir(outer)).sort()).toEqual(['a', 'in']);
    expect(await readdir(inner)).toEqual([]);
  });

  test('a volume whose source another volume hides is still the right one', async () => {
    const hidden = await tempDir();
    await mkdir(join(hidden, 'sub'));
    await writeFile(join(hidden, 'sub', 'file'), 'right\n');
    const other = await tempDir();
    const point = await tempDir();
    const runtime = await makeRuntime();
    const id = await run(runtime, `cat ${point}/file`, {
      mounts: [mount(other, hidden), mount(join(hidden, 'sub'), point)],
    });
    await ended(runtime, id);
    expect(await text(runtime.logs(id))).toBe('right\n');
  });

  test('exec runs in the same namespace, root, environment and directory', async () => {
    const volume = await tempDir();
    await writeFile(join(volume, 'hello'), 'hi\n');
    const runtime = await makeRuntime();
    const id = await run(runtime, 'sleep 1000', {
      workingDir: '/data-edgecore',
      env: [{ name: 'NAME', value: 'edge' }],
      mounts: [mount(volume, '/data-edgecore')],
    });
    const result = await runtime.exec(id, { command: ['sh', '-c', 'pwd; cat hello; echo $NAME; exit 4'] });
    expect(result.stdout.toString()).toBe('/data-edgecore\nhi\nedge\n');
    expect(result.exitCode).toBe(4);
    await runtime.stopContainer(id, 0);
  });

  test('exec beside a command with a terminal sees the volumes too', async () => {
    const volume = await tempDir();
    await writeFile(join(volume, 'hello'), 'hi\n');
    const runtime = await makeRuntime();
    const id = await run(runtime, 'exec sleep 1000', {
      tty: true,
      mounts: [mount(volume, '/data-edgecore')],
    });
    const result = await runtime.exec(id, { command: ['cat', '/data-edgecore/hello'] });
    expect(result.stdout.toString()).toBe('hi\n');
    expect((await runtime.stats(id)).pids).toBe(1);
  });

  test('a volume that cannot be mounted fails the start with its path', async () => {
    const volume = await tempDir();
    const runtime = await makeRuntime();
    const config = sandboxConfig();
    const { id: sandboxId } = await runtime.runSandbox(config);
    for (const path of ['/proc/edgecore', '/etc/passwd', '/']) {
      const id = await runtime.createContainer(
        sandboxId,
        config,
        containerConfig('true', { mounts: [mount(volume, path)] }),
      );
      await expect(runtime.startContainer(id)).rejects.toMatchObject({
        code: 'ERR_CONTAINER_START',
        message: expect.stringContaining(`cannot mount ${path}`),
      });
      expect(await runtime.containerStatus(id)).toMatchObject({
        state: 'exited',
        exitCode: 128,
        error: expect.stringContaining(path),
      });
    }
  });
});

describe('the mount plan', () => {
  test('needs no new root when every mount point exists', async () => {
    const volume = await tempDir();
    const point = await tempDir();
    const plan = await planMounts([mount(volume, point, true)]);
    expect(plan).toEqual({
      newRoot: false,
      mirror: [],
      propagation: 'private',
      binds: [{ source: volume, target: point, type: 'directory', create: false, readOnly: true }],
    });
  });

  test('rebuilds only the directories on the way to a missing mount point', async () => {
    const volume = await tempDir();
    const parent = await tempDir();
    await mkdir(join(parent, 'kept'));
    const plan = await planMounts([mount(volume, join(parent, 'missing', 'deep'))]);
    const rebuilt = plan.mirror.filter(({ kind }) => kind === 'directory').map(({ path }) => path);
    expect(rebuilt).toEqual(['/', '/tmp', parent]);
    expect(plan.mirror).toContainEqual({ kind: 'bindDirectory', path: join(parent, 'kept') });
    expect(plan.mirror).toContainEqual({ kind: 'bindDirectory', path: '/proc' });
  });
});

test('without mounts a volume is refused by its path, one at its own path is not', async () => {
  const volume = await tempDir();
  const runtime = await makeRuntime({ mounts: 'off' });
  expect(runtime.capabilities.mounts).toBe(false);
  const config = sandboxConfig();
  const { id: sandboxId } = await runtime.runSandbox(config);
  const create = (...mounts: Mount[]) =>
    runtime.createContainer(sandboxId, config, containerConfig('true', { mounts }));
  await expect(create(mount(volume, '/data'))).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED_BY_RUNTIME',
    message: expect.stringContaining('a volume at /data'),
  });
  await expect(create(mount(volume, volume, true))).rejects.toThrow('read-only');
  // The kubelet's own files are left out rather than keeping every pod from running.
  const id = await create(
    mount(volume, volume),
    mount('/nowhere', '/etc/hosts'),
    mount('/no', '/dev/termination-log'),
  );
  await runtime.startContainer(id);
  await eventually(async () => (await runtime.containerStatus(id)).state === 'exited');
});
