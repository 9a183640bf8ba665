import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, spawnTypeScript, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { createProcessRuntime, type RuntimeEvent } from '../../src/index.js';
import {
  isAlive,
  MARKER,
  markedProcesses,
  readStat,
  SUPERVISOR_MARKER,
} from '../../src/process/process-table.js';
import { collect, containerConfig, ended, leaderPid, run, runtimes, sandboxConfig, text } from './pod.js';

const makeRuntime = runtimes();

describe('a new agent', () => {
  test('adopts a running container: same process, its log goes on, its end is noticed', async () => {
    const rootDir = await tempDir();
    const gate = join(await tempDir(), 'gate');
    const first = await makeRuntime({ rootDir });
    const id = await run(first, `echo one; while [ ! -e ${gate} ]; do sleep 0.02; done; echo two; exit 5`);
    await eventually(async () => (await text(first.logs(id))) === 'one\n');
    const pid = await leaderPid(rootDir, id);
    await first.close();

    const second = await makeRuntime({ rootDir });
    expect(await second.containerStatus(id)).toMatchObject({ state: 'running' });
    expect(await leaderPid(rootDir, id)).toBe(pid);
    expect((await second.exec(id, { command: ['echo', 'hello'] })).stdout.toString()).toBe('hello\n');
    const events: RuntimeEvent[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of second.events(stop.signal)) events.push(event);
    })();
    await writeFile(gate, '');
    expect(await ended(second, id)).toMatchObject({ state: 'exited', exitCode: 5 });
    expect(await text(second.logs(id))).toBe('one\ntwo\n');
    await eventually(() => events.some(({ type, containerId }) => type === 'died' && containerId === id));
    stop.abort();
    await watching;
  });

  test('knows exit code, time and output of a container that ended without an agent', async () => {
    const rootDir = await tempDir();
    const gate = join(await tempDir(), 'gate');
    const first = await makeRuntime({ rootDir });
    const id = await run(
      first,
      `echo one; while [ ! -e ${gate} ]; do sleep 0.02; done; echo two; printf end; exit 9`,
    );
    await eventually(async () => (await text(first.logs(id))) === 'one\n');
    await first.close();
    await writeFile(gate, '');
    await eventually(
      async () => (await readFile(join(rootDir, 'containers', id, 'run', 'exit'), 'utf8')) === '9\n',
    );
    const endedBefore = Date.now();

    const second = await makeRuntime({ rootDir });
    const status = await second.containerStatus(id);
    expect(status).toMatchObject({ state: 'exited', exitCode: 9 });
    expect(status.finishedAt).toBeLessThanOrEqual(endedBefore);
    expect(await text(second.logs(id))).toBe('one\ntwo\nend');
    await expect(second.exec(id, { command: ['true'] })).rejects.toMatchObject({
      code: 'ERR_CONTAINER_NOT_RUNNING',
    });
  });

  test('reports a container whose supervisor and processes were killed', async () => {
    const rootDir = await tempDir();
    const first = await makeRuntime({ rootDir });
    const id = await run(first, 'sleep 1000');
    await first.close();
    for (const pid of await markedProcesses(SUPERVISOR_MARKER, id)) process.kill(pid, 'SIGKILL');
    for (const pid of await markedProcesses(MARKER, id)) process.kill(pid, 'SIGKILL');

    const second = await makeRuntime({ rootDir });
    expect(await ended(second, id)).toMatchObject({
      state: 'exited',
      exitCode: 137,
      error: expect.stringContaining('supervisor was killed'),
    });
  });

  test('a start nothing came of is taken back: the container was only created, and can be started', async () => {
    const rootDir = await tempDir();
    const first = await makeRuntime({ rootDir });
    const config = sandboxConfig();
    const sandbox = await first.runSandbox(config);
    const id = await first.createContainer(sandbox.id, config, containerConfig('echo one; sleep 1000'));
    await first.close();
    // What an agent leaves that is killed before it has started the supervisor.
    await mkdir(join(rootDir, 'containers', id, 'run'));

    const second = await makeRuntime({ rootDir });
    expect(await second.containerStatus(id)).toMatchObject({ state: 'created', exitCode: 0 });
    await second.startContainer(id);
    expect(await second.containerStatus(id)).toMatchObject({ state: 'running' });
    await eventually(async () => (await text(second.logs(id))) === 'one\n');
  });

  test('a running container that loses its supervisor is still stopped and reported', async () => {
    const runtime = await makeRuntime();
    const id = await run(runtime, 'sleep 1000');
    for (const pid of await markedProcesses(SUPERVISOR_MARKER, id)) process.kill(pid, 'SIGKILL');
    expect(await runtime.containerStatus(id)).toMatchObject({ state: 'running' });
    await runtime.stopContainer(id, 1000);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: 'exited', exitCode: 137 });
    expect(await markedProcesses(MARKER, id)).toEqual([]);
  });

  test('does not take a reused PID for its container', async () => {
    const rootDir = await tempDir();
    const first = await makeRuntime({ rootDir });
    const id = await run(first, 'sleep 1000');
    await first.close();
    const path = join(rootDir, 'containers', id, 'run', 'process');
    for (const pid of await markedProcesses(SUPERVISOR_MARKER, id)) process.kill(pid, 'SIGKILL');
    for (const pid of await markedProcesses(MARKER, id)) process.kill(pid, 'SIGKILL');
    // The same PID as a living stranger, here this test itself, but another start time.
    const [stat, boot] = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, `${stat!.replace(/^\d+/, String(process.pid))}\n${boot}\n`);

    const second = await makeRuntime({ rootDir });
    expect(await ended(second, id)).toMatchObject({ state: 'exited', exitCode: 137 });
    const own = readStat(process.pid)!;
    expect(isAlive({ ...own, bootId: boot! })).toBe(true);
    expect(isAlive({ ...own, bootId: 'another boot' })).toBe(false);
  });

  test('ends and removes what has no readable record', async () => {
    const rootDir = await tempDir();
    const first = await makeRuntime({ rootDir });
    const id = await run(first, 'sleep 1000');
    await first.close();
    await writeFile(join(rootDir, 'containers', id, 'record.json'), '{"half');
    await mkdir(join(rootDir, 'sandboxes', 'empty'));

    const second = await makeRuntime({ rootDir });
    expect(await second.listContainers()).toEqual([]);
    expect(await second.listSandboxes()).toHaveLength(1);
    expect(await markedProcesses(MARKER, id)).toEqual([]);
  });
});

test('containers survive kill -9 of the agent, every line logged once', async () => {
  const rootDir = await tempDir();
  const gate = join(await tempDir(), 'gate');
  // A real process of its own, killed while lines keep coming.
  const agent = spawnTypeScript(new URL('agent.ts', import.meta.url).href, [rootDir, gate], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = (await once(agent.stdout!, 'data')) as [Buffer];
  const id = printed.toString().trim();
  agent.kill('SIGKILL');
  await once(agent, 'exit');

  const runtime = await makeRuntime({ rootDir });
  expect(await runtime.containerStatus(id)).toMatchObject({ state: 'running' });
  await writeFile(gate, '');
  expect(await ended(runtime, id)).toMatchObject({ exitCode: 4 });
  const lines = (await text(runtime.logs(id))).trimEnd().split('\n');
  expect(lines.at(-1)).toBe('last');
  expect(lines.slice(0, -1)).toEqual(lines.slice(0, -1).map((_, index) => `line ${index + 1}`));
  expect(lines.length).toBeGreaterThan(20);
});

test('a second agent on the same directory is refused while the first lives', async () => {
  const rootDir = await tempDir();
  const holder = spawn('sleep', ['1000']);
  const stat = readStat(holder.pid!)!;
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const lock = JSON.stringify({ pid: holder.pid, startTicks: stat.startTicks, bootId: boot });
  await writeFile(join(rootDir, 'lock'), lock);
  const runtime = createProcessRuntime({ rootDir });
  await expect(runtime.listContainers()).rejects.toMatchObject({ code: 'ERR_RUNTIME_UNAVAILABLE' });
  expect(await runtime.status()).toMatchObject({
    ready: false,
    reason: expect.stringContaining(String(holder.pid)),
  });
  holder.kill();
  await once(holder, 'exit');
  expect(await runtime.listContainers()).toEqual([]);
  await runtime.close();
  expect(await collect(runtime.logs('x')).catch((error) => error.code)).toBe('ERR_RUNTIME_UNAVAILABLE');
});
