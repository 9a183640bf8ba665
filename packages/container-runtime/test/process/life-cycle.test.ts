import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { MARKER, markedProcesses, SUPERVISOR_MARKER } from '../../src/process/process-table.js';
import { containerConfig, ended, leaderPid, run, runtimes, sandboxConfig, text } from './pod.js';

const makeRuntime = runtimes();

describe('a container', () => {
  test('runs its command with its arguments, and its exit code is kept', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'echo "$0 $1"; echo problem >&2; exit 3', { args: ['a b', "it's"] });
    const status = await ended(runtime, id);
    expect(status).toMatchObject({ state: 'exited', exitCode: 3, error: '', reference: `process://${id}` });
    expect(status.signal).toBeUndefined();
    expect(status.startedAt).toBeGreaterThanOrEqual(status.createdAt - 10);
    expect(status.finishedAt).toBeGreaterThanOrEqual(status.startedAt);
    expect(await text(runtime.logs(id))).toBe("a b it's\n");
    expect(await text(runtime.logs(id), 'stderr')).toBe('problem\n');
  });

  test('gets the given environment and nothing of the agent', async () => {
    process.env['EDGECORE_TEST_TOKEN'] = 'secret';
    const runtime = await makeRuntime();
    const env = [
      { name: 'GREETING', value: "it's\n$HOME `x`" },
      { name: 'with.dots', value: 'yes' },
      { name: 'UID', value: '77' },
    ];
    const id = await run(runtime, '', { env, command: ['env', '-0'] });
    await ended(runtime, id);
    delete process.env['EDGECORE_TEST_TOKEN'];
    const output = await text(runtime.logs(id));
    const seen = new Map(
      output
        .split('\0')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    // PWD, OLDPWD, SHLVL and _ are the shell's own.
    for (const own of ['PWD', 'OLDPWD', 'SHLVL', '_']) seen.delete(own);
    expect(Object.fromEntries(seen)).toEqual({
      GREETING: env[0]!.value,
      'with.dots': 'yes',
      UID: '77',
      PATH: expect.stringContaining('/usr/bin'),
      HOME: expect.stringMatching(/^\//),
      EDGECORE_CONTAINER_ID: id,
    });
  });

  test('starts in its working directory', async () => {
    const runtime = await makeRuntime();
    const workingDir = await tempDir();
    const id = await run(runtime, 'pwd', { workingDir });
    await ended(runtime, id);
    expect(await text(runtime.logs(id))).toBe(`${workingDir}\n`);
  });

  test.each([
    ['a missing command', { command: ['/nowhere/app'] }, /executable not found in \$PATH: \/nowhere\/app/],
    ['a missing working directory', { workingDir: '/nowhere' }, /working directory \/nowhere/],
  ])('%s fails the start and says so in the status', async (_, overrides, message) => {
    const runtime = await makeRuntime();
    const config = sandboxConfig();
    const { id: sandboxId } = await runtime.runSandbox(config);
    const id = await runtime.createContainer(sandboxId, config, containerConfig('', overrides));
    await expect(runtime.startContainer(id)).rejects.toMatchObject({
      code: 'ERR_CONTAINER_START',
      message: expect.stringMatching(message),
    });
    const status = await runtime.containerStatus(id);
    expect(status).toMatchObject({ state: 'exited', startedAt: status.finishedAt, exitCode: 127 });
    expect(status.error).toMatch(message);
  });

  test('raises its OOM score, never lowers it', async () => {
    const runtime = await makeRuntime();
    const high = await run(runtime, 'cat /proc/self/oom_score_adj', { resources: { oomScoreAdj: 777 } });
    const low = await run(runtime, 'cat /proc/self/oom_score_adj', { resources: { oomScoreAdj: -998 } });
    await ended(runtime, high);
    await ended(runtime, low);
    expect(await text(runtime.logs(high))).toBe('777\n');
    expect(Number(await text(runtime.logs(low)))).toBeGreaterThanOrEqual(0);
  });

  test('starts with every signal at its default', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, '', { command: ['grep', 'SigIgn', '/proc/self/status'] });
    await ended(runtime, id);
    expect(await text(runtime.logs(id))).toMatch(/SigIgn:\t0000000000000000/);
  });
});

describe('stop', () => {
  test('lets the command end by itself on TERM', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.05; done');
    await eventually(async () => (await text(runtime.logs(id))) === 'up\n');
    await runtime.stopContainer(id, 10_000);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 7 });
    expect(await text(runtime.logs(id))).toBe('up\nbye\n');
    await runtime.stopContainer(id, 0);
  });

  test('kills what ignores TERM, grandchildren and processes that left the group too', async () => {
    const runtime = await makeRuntime();
    const id = await run(
      runtime,
      `trap "" TERM; sh -c 'sleep 1000 & sleep 1000' & setsid sh -c 'setsid sleep 1000 & sleep 1000' & echo up; while :; do sleep 0.1; done`,
    );
    await eventually(async () => (await markedProcesses(MARKER, id)).length >= 6);
    const before = Date.now();
    await runtime.stopContainer(id, 200);
    expect(Date.now() - before).toBeLessThan(5_000);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 137, signal: 9 });
    expect(await markedProcesses(MARKER, id)).toEqual([]);
  });

  test('a command that ends takes its background children along', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'sleep 1000 & setsid sleep 1000 & exit 0');
    expect(await ended(runtime, id)).toMatchObject({ exitCode: 0 });
    expect(await markedProcesses(MARKER, id)).toEqual([]);
  });
});

test('removing a sandbox leaves no process, file or mount', async () => {
  const rootDir = await tempDir();
  const logs = await tempDir();
  const data = await tempDir();
  const runtime = await makeRuntime({ rootDir });
  const mounts = runtime.capabilities.mounts
    ? [{ hostPath: data, containerPath: '/edgecore-x/y', readOnly: false }]
    : [];
  const id = await run(runtime, 'sleep 1000 & sleep 1000', { mounts, logPath: join(logs, 'main', '0.log') });
  const pid = await leaderPid(rootDir, id);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  const [sandbox] = await runtime.listSandboxes();
  await runtime.removeSandbox(sandbox!.id);
  await runtime.removeSandbox(sandbox!.id);
  await runtime.removeContainer(id);
  expect(await runtime.listSandboxes()).toEqual([]);
  expect(await runtime.listContainers()).toEqual([]);
  expect(await readdir(join(rootDir, 'containers'))).toEqual([]);
  expect(await readdir(join(rootDir, 'sandboxes'))).toEqual([]);
  expect(await readdir(logs)).toEqual([]);
  expect(existsSync('/edgecore-x')).toBe(false);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await markedProcesses(MARKER, id)).toEqual([]);
  await eventually(async () => (await markedProcesses(SUPERVISOR_MARKER, id)).length === 0);
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  for (const path of [rootDir, data, '/edgecore-x']) expect(table).not.toContain(path);
  await expect(runtime.containerStatus(id)).rejects.toMatchObject({ code: 'ERR_RUNTIME_NOT_FOUND' });
});
