import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { databasePath, keys, put, testStore } from '../support.js';

/** Runs `use` in a small file system of its own. False where this user may not mount one. */
async function withTmpfs(options: string, use: (dir: string) => Promise<void>): Promise<boolean> {
  const dir = await tempDir();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    return false;
  }
  try {
    await use(dir);
  } finally {
    execFileSync('umount', [dir]);
  }
  return true;
}

const withMount = (await withTmpfs('size=64k', async () => {})) ? describe : describe.skip;

const big = 'x'.repeat(200_000);
const full = { code: 'ERR_STORE_WRITE', sqliteCode: 'SQLITE_FULL', retryable: true };

describe('no room', () => {
  test('a size limit: the write that does not fit fails alone with advice, the rest goes on', async () => {
    const store = await testStore({ maxSizeBytes: 300_000 });
    const results = await Promise.allSettled([
      store.write(put(store, 'a')),
      store.write(put(store, 'big', big)),
      store.write(put(store, 'bigger', big)),
      store.write(put(store, 'b')),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect((results[2] as PromiseRejectedResult).reason).toMatchObject({
      ...full,
      message: expect.stringContaining('free some space'),
    });
    expect(await keys(store)).toEqual(['a', 'b', 'big']);
    await store.write(store.db.deleteFrom('meta').where('key', '=', 'big'));
    await store.write(put(store, 'bigger', big));
    expect(await keys(store)).toEqual(['a', 'b', 'bigger']);
  });

  withMount('a full file system (needs the right to mount)', () => {
    test('fails with advice, keeps what was stored, and goes on once there is room', async () => {
      await withTmpfs('size=1m', async (dir) => {
        const store = await testStore({ path: join(dir, 'edgecore.db') });
        await store.write(put(store, 'a'));
        const filler = join(dir, 'filler');
        expect(() => writeFileSync(filler, Buffer.alloc(2_000_000))).toThrow(/ENOSPC/);
        const [first, second] = await Promise.allSettled([
          store.write(put(store, 'big', big)),
          store.write(put(store, 'big2', big)),
        ]);
        expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
        expect((first as PromiseRejectedResult).reason).toMatchObject(full);
        expect(await keys(store)).toEqual(['a']);
        writeFileSync(filler, '');
        await store.write(put(store, 'big', big));
        await store.close();
        const again = await testStore({ path: store.path });
        expect(again.outcome).toBe('intact');
        expect(await keys(again)).toEqual(['a', 'big']);
        await again.close();
      });
    });

    test('a read-only directory is refused with advice', async () => {
      await withTmpfs('ro', async (dir) => {
        await expect(testStore({ path: join(dir, 'edgecore.db') })).rejects.toMatchObject({
          code: 'ERR_STORE_OPEN',
          systemCode: 'EROFS',
          message: expect.stringContaining('read-only'),
        });
      });
    });
  });
});

describe('a path that cannot be', () => {
  test('a directory in the place of the file', async () => {
    const path = await databasePath();
    mkdirSync(path);
    await expect(testStore({ path })).rejects.toMatchObject({ code: 'ERR_STORE_OPEN' });
    // The lock was released: the same path works once the directory is gone.
    rmdirSync(path);
    expect((await testStore({ path })).outcome).toBe('created');
  });

  test('a file in the place of the directory', async () => {
    const path = await databasePath();
    writeFileSync(path, '');
    await expect(testStore({ path: join(path, 'edgecore.db') })).rejects.toMatchObject({
      code: 'ERR_STORE_OPEN',
      message: expect.stringContaining(path),
    });
  });
});
