import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, spawnTypeScript, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import type { ContainerConfig, SandboxConfig, SecurityConfig } from '../../src/index.js';
import { MARKER, markedProcesses, SUPERVISOR_MARKER } from '../../src/process/process-table.js';
import { containerConfig, ended, run, runtimes, sandboxConfig, text } from './pod.js';

const makeRuntime = runtimes();
const asRoot = process.getuid?.() === 0;
const testAsRoot = asRoot ? test : test.skip;

describe('isolation', () => {
  testAsRoot('user, groups and no_new_privs are set when the agent is root', async () => {
    const runtime = await makeRuntime();
    const script = 'id -u; id -g; id -G; grep NoNewPrivs /proc/self/status';
    const security = {
      runAsUser: 65534,
      runAsGroup: 1234,
      supplementalGroups: [98, 99],
      noNewPrivileges: true,
    };
    const id = await run(runtime, script, { security });
    await ended(runtime, id);
    expect(await text(runtime.logs(id))).toBe('65534\n1234\n1234 98 99\nNoNewPrivs:\t1\n');
    // The environment file belongs to root; exec has the same user all the same.
    const other = await run(runtime, 'sleep 1000', {
      security: { runAsUser: 54321 },
      env: [{ name: 'A', value: 'b' }],
    });
    const result = await runtime.exec(other, { command: ['sh', '-c', 'echo $A $(id -u) $(id -g) $(id -G)'] });
    expect(result.stdout.toString()).toBe('b 54321 54321 54321\n');
  });

  const refused: [string, Partial<ContainerConfig>, RegExp][] = [
    ['a missing command', { command: [] }, /the process runtime needs `command` in the pod spec/],
    [
      'a renamed device',
      { devices: [{ hostPath: '/dev/a', containerPath: '/dev/b', permissions: 'r' }] },
      /\/dev\/b/,
    ],
    ['a read-only root', { security: { readOnlyRootFilesystem: true } }, /readOnlyRootFilesystem/],
    ['dropped capabilities', { security: { capabilities: { drop: ['ALL'] } } }, /capabilities\.drop \(ALL\)/],
    ['a user by name', { security: { runAsUserName: 'app' } }, /runAsUserName/],
    ['a seccomp profile', { security: { securityOptions: ['seccomp={"x":1}'] } }, /securityContext: seccomp/],
    ['an AppArmor profile', { security: { securityOptions: ['apparmor=strict'] } }, /apparmor/],
    [
      'Bidirectional propagation',
      { mounts: [{ hostPath: '/tmp', containerPath: '/tmp', readOnly: false, propagation: 'rshared' }] },
      /Bidirectional/,
    ],
  ];
  test.each(refused)('refuses %s by name', async (_, overrides, message) => {
    const runtime = await makeRuntime();
    const config = sandboxConfig();
    const { id } = await runtime.runSandbox(config);
    await expect(
      runtime.createContainer(id, config, containerConfig('true', overrides)),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/ERR_UNSUPPORTED_BY_RUNTIME|ERR_CONTAINER_CREATE/),
      message: expect.stringMatching(message),
    });
    expect(await runtime.listContainers()).toEqual([]);
  });

  const accepted: [string, SecurityConfig][] = [
    ['privileged', { privileged: true }],
    ['added capabilities', { capabilities: { add: ['NET_ADMIN'] } }],
    [
      'unconfined profiles',
      { securityOptions: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'] },
    ],
    ['the default masked paths', { maskedPaths: ['/proc/kcore'], readonlyPaths: ['/proc/sys'] }],
  ];
  test.each(accepted)('lets %s pass: a process has that anyway', async (_, security) => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'true', { security });
    expect((await ended(runtime, id)).exitCode).toBe(0);
  });

  const pods: [string, Partial<SandboxConfig>, RegExp][] = [
    ['sysctls', { sysctls: { 'net.core.somaxconn': '1' } }, /net\.core\.somaxconn/],
    ['a mapped port', { ports: [{ protocol: 'TCP', containerPort: 80, hostPort: 8080 }] }, /hostPort 8080/],
    [
      'a host address',
      { ports: [{ protocol: 'TCP', containerPort: 80, hostPort: 80, hostIp: '127.0.0.1' }] },
      /hostIP 127\.0\.0\.1/,
    ],
  ];
  test.each(pods)('refuses a pod with %s', async (_, overrides, message) => {
    const runtime = await makeRuntime();
    await expect(runtime.runSandbox(sandboxConfig(overrides))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_BY_RUNTIME',
      message: expect.stringMatching(message),
    });
    expect(await runtime.listSandboxes()).toEqual([]);
  });

  test('keeps no registry password on disk, and its files to itself', async () => {
    const rootDir = await tempDir();
    const runtime = await makeRuntime({ rootDir });
    const auths = [{ serverAddress: 'r.example', username: 'u', password: 'hunter2' }];
    const { id } = await runtime.runSandbox(sandboxConfig({ auths }));
    const { readFile, stat } = await import('node:fs/promises');
    expect(await readFile(join(rootDir, 'sandboxes', id, 'record.json'), 'utf8')).not.toContain('hunter2');
    expect((await stat(rootDir)).mode & 0o777).toBe(0o700);
  });
});

testAsRoot(
  'works for an agent that is not root',
  async () => {
    const rootDir = await mkdtemp(join(tmpdir(), 'edgecore-unprivileged-'));
    try {
      await chmod(rootDir, 0o755);
      await chown(rootDir, 65534, 65534);
      const volume = join(rootDir, 'volume');
      const agent = spawnTypeScript(
        new URL('unprivileged.ts', import.meta.url).href,
        [join(rootDir, 'state'), volume],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
          uid: 65534,
          gid: 65534,
        },
      );
      let output = '';
      agent.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
      await once(agent, 'close');
      const result = JSON.parse(output);
      expect(result).toMatchObject({
        log: 'hello 3\n',
        exitCode: 3,
        refusal: expect.stringContaining('the agent is not root'),
        left: [],
      });
      if (result.running) {
        expect(result.running.exec).toBe('seen\n');
        expect(await markedProcesses(MARKER, result.running.id)).toEqual([]);
        await eventually(
          async () => (await markedProcesses(SUPERVISOR_MARKER, result.running.id)).length === 0,
        );
      }
      // Where user namespaces are off, the volume is refused instead.
      expect(result.mounts ? result.mounted : result.mountRefusal).toMatch(
        result.mounts ? /^seen\nEROFS$/ : /\/data-edgecore/,
      );
    } finally {
      await rm(rootDir, { recursive: true, force: true });
    }
  },
  30_000,
);
