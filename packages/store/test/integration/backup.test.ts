import { existsSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { databasePath, keys, put, testStore } from '../support.js';

test('a backup is a database of its own, and replaces an older one', async () => {
  const store = await testStore();
  await store.write(put(store, 'a'));
  const target = await databasePath();
  writeFileSync(target, 'an older backup');
  await store.backup(target);
  await store.write(put(store, 'b'));
  const copy = await testStore({ path: target });
  expect(copy.outcome).toBe('intact');
  expect(await keys(copy)).toEqual(['a']);
  expect(await keys(store)).toEqual(['a', 'b']);
});

test('a backup that cannot be written leaves nothing behind', async () => {
  const store = await testStore();
  const target = `${await databasePath()}/no/such/directory`;
  await expect(store.backup(target)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
  await expect(store.backup(store.path)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
  expect(existsSync(`${target}.partial`)).toBe(false);
  expect(await keys(store)).toEqual([]);
});
