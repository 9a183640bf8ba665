import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnTypeScript } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { processStart } from '../../src/lock-file.js';
import { databasePath, keys, testStore } from '../support.js';

const onLinux = process.platform === 'linux' ? test : test.skip;

describe('the lock file', () => {
  test('holds the PID, keeps a second opener out, and goes with close', async () => {
    const store = await testStore();
    const lock = `${store.path}.lock`;
    expect(readFileSync(lock, 'utf8').split('\n')[0]).toBe(String(process.pid));
    await expect(testStore({ path: store.path })).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      pid: process.pid,
    });
    await store.close();
    expect(existsSync(lock)).toBe(false);
    expect((await testStore({ path: store.path })).outcome).toBe('intact');
  });

  test('a second process is refused naming the first; after its kill -9 it starts', async () => {
    const path = await databasePath();
    const child = spawnTypeScript(new URL('writer.ts', import.meta.url).href, [path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    await expect(testStore({ path })).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      pid: child.pid,
      message: expect.stringContaining(`in use by process ${child.pid}`),
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(`${path}.lock`)).toBe(true);
    const store = await testStore({ path });
    expect(store.outcome).toBe('intact');
    expect((await keys(store)).length).toBeGreaterThan(0);
  });

  onLinux('a PID that now belongs to another process does not hold it', async () => {
    const sleeper = spawn('sleep', ['60']);
    try {
      await once(sleeper, 'spawn');
      const path = await databasePath();
      writeFileSync(`${path}.lock`, `${sleeper.pid}\n${processStart(sleeper.pid!)}\n`);
      await expect(testStore({ path })).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED', pid: sleeper.pid });
      writeFileSync(`${path}.lock`, `${sleeper.pid}\n${processStart(sleeper.pid!)}0\n`);
      expect((await testStore({ path })).outcome).toBe('created');
    } finally {
      sleeper.kill('SIGKILL');
    }
  });

  test.each(['', 'not a pid\n', '0\n', '-1\n', '99999999\n'])('content %j holds nothing', async (content) => {
    const path = await databasePath();
    writeFileSync(`${path}.lock`, content);
    expect((await testStore({ path })).outcome).toBe('created');
  });
});
