import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, tempDir, withDocker } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Embedded } from '../support/embedded.js';

const describeDocker = await withDocker();

/** Processes that have the directory in their command line or environment: all of this set-up's. */
async function processesOf(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (text.includes(dataDir)) found.push(text.replaceAll('\0', ' ').trim());
  }
  return found;
}

let embedded: Embedded | undefined;

afterEach(async () => {
  await embedded?.clean();
  embedded = undefined;
});

async function twoLives(runtime: 'process' | 'docker'): Promise<void> {
  const here = new Embedded(runtime, await tempDir('ec-'));
  embedded = here;
  const first = await here.start();
  await first.says('Node embedded is Ready.');
  const engine = await here.engine();
  const running = await engine.list();
  expect(running.map(({ name, running: runs }) => [name, runs]).sort()).toEqual([
    ['POD', true],
    ['hello', true],
  ]);
  const status = await here.status();
  expect(status).toMatchObject({
    pid: first.pid,
    node: { name: 'embedded', runtime },
    link: { connected: true },
    pods: [{ namespace: 'default', name: 'hello', phase: 'Running', ready: 1, containers: 1, restarts: 0 }],
    store: { outcome: 'created' },
  });
  // The tunnel is dialled when the node has its certificate.
  await eventually(async () => (await here.status()).modules.every(({ state }) => state === 'ready'));
  expect(status.modules.length).toBeGreaterThan(2);

  first.kill('SIGINT');
  expect(await first.exited).toEqual({ code: 0, signal: null });
  // The cloud's process went, too; what still runs is the pod's.
  const left = await processesOf(here.dataDir);
  expect(left.filter((command) => !command.includes('/pods/processes/'))).toEqual([]);
  expect(left.length > 0).toBe(runtime === 'process');
  expect(await engine.list()).toEqual(running);

  const second = await here.start();
  expect(await engine.list()).toEqual(running);
  const taken = await eventually(async () => {
    const now = await here.status();
    return now.link?.connected && now.pods[0]?.ready === 1 ? now : undefined;
  });
  expect(taken).toMatchObject({
    pid: second.pid,
    pods: [{ name: 'hello', restarts: 0 }],
    store: { outcome: 'intact' },
  });

  await rm(join(here.dataDir, 'manifests', 'hello.yaml'));
  await eventually(async () => (await here.status()).pods.length === 0, {
    timeoutMs: 30_000,
    intervalMs: 200,
  });
  await eventually(async () => (await engine.list()).length === 0, { what: 'an empty engine' });
  second.kill('SIGINT');
  expect(await second.exited).toEqual({ code: 0, signal: null });
  await eventually(async () => (await processesOf(here.dataDir)).length === 0, { what: 'no process left' });
  expect(existsSync(join(here.dataDir, 'node', 'edgecore.sock'))).toBe(false);
}

describe('edgecore start on host processes', () => {
  test('Ready with the example; ended with Ctrl-C; the next start takes the pod up', async () => {
    await twoLives('process');
  }, 120_000);
});

describeDocker('edgecore start on Docker', () => {
  test('Ready with the example; ended with Ctrl-C; the next start takes the containers up', async () => {
    await twoLives('docker');
  }, 120_000);

  test('two nodes on one engine leave each other alone', async () => {
    const other = new Embedded('docker', await tempDir('ec-'));
    embedded = new Embedded('docker', await tempDir('ec-'));
    try {
      await Promise.all([embedded.start(), other.start()]);
      const [mine, theirs] = await Promise.all([embedded.engine(), other.engine()]);
      const before = [await mine.list(), await theirs.list()];
      expect(before.map((found) => found.length)).toEqual([2, 2]);
      await rm(join(other.dataDir, 'manifests', 'hello.yaml'));
      await eventually(async () => (await theirs.list()).length === 0, { timeoutMs: 30_000 });
      expect(await mine.list()).toEqual(before[0]);
    } finally {
      await other.clean();
    }
  }, 120_000);
});
