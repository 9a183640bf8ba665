import { describe, expect, test } from '@jest/globals';
import { testStore, withSqlite } from './support.js';

describe('outbox', () => {
  test('keeps the latest value per key, at the end, with a growing id', async () => {
    const { outbox } = await testStore({ now: () => 1592611200000 });
    const first = await outbox.put('meta', 'a', { n: 1 });
    const second = await outbox.put('meta', 'b', { n: 2 });
    const third = await outbox.put('meta', 'a', { n: 3 });
    expect(first < second && second < third).toBe(true);
    expect(await outbox.list('meta')).toEqual([
      { id: second, key: 'b', value: { n: 2 }, createdAt: 1592611200000 },
      { id: third, key: 'a', value: { n: 3 }, createdAt: 1592611200000 },
    ]);
  });

  test('a stale remove cannot take the newer value away', async () => {
    const { outbox } = await testStore();
    const old = await outbox.put('meta', 'a', 1);
    const current = await outbox.put('meta', 'a', 2);
    expect([await outbox.has('meta', old), await outbox.has('meta', current)]).toEqual([false, true]);
    expect(await outbox.has('twin', current)).toBe(false);
    expect(await outbox.remove('meta', old)).toBe(false);
    expect(await outbox.size('meta')).toBe(1);
    expect(await outbox.remove('meta', current)).toBe(true);
    expect(await outbox.remove('meta', current)).toBe(false);
    // The freed id is not used again.
    expect(await outbox.put('meta', 'a', 3)).toBeGreaterThan(current);
  });

  test('owners do not see each other', async () => {
    const { outbox } = await testStore();
    const id = await outbox.put('meta', 'a', 1);
    await outbox.put('twin', 'a', 2);
    expect(await outbox.remove('twin', id)).toBe(false);
    expect(await outbox.removeKeys('twin', { key: 'a' })).toBe(1);
    expect(await outbox.list('meta')).toHaveLength(1);
    expect(await outbox.list('twin')).toEqual([]);
  });

  test('a prefix is taken literally', async () => {
    const { outbox } = await testStore();
    for (const key of ['a%/1', 'a%/2', 'ab/1', 'a', 'A%/1']) await outbox.put('meta', key, null);
    const listed = await outbox.list('meta', { prefix: 'a%/' });
    expect(listed.map((entry) => entry.key)).toEqual(['a%/1', 'a%/2']);
    expect(await outbox.removeKeys('meta', { prefix: 'a%/' })).toBe(2);
    expect((await outbox.list('meta')).map((entry) => entry.key)).toEqual(['ab/1', 'a', 'A%/1']);
  });

  test('entries survive a restart', async () => {
    const store = await testStore();
    const id = await store.outbox.put('meta', 'a', 'value');
    await store.close();
    const again = await testStore({ path: store.path });
    expect(await again.outbox.list('meta')).toMatchObject([{ id, key: 'a', value: 'value' }]);
  });

  test('a row that is not JSON is dropped, the others are listed', async () => {
    const store = await testStore();
    await store.outbox.put('meta', 'bad', 1);
    await store.outbox.put('meta', 'good', 2);
    await store.write(
      store.db.updateTable('edgecore_ts_outbox').set({ value: '{' }).where('key', '=', 'bad'),
    );
    expect((await store.outbox.list('meta')).map((entry) => entry.key)).toEqual(['good']);
    const left = withSqlite(store.path, (db) =>
      db.prepare('SELECT key FROM edgecore_ts_outbox').pluck().all(),
    );
    expect(left).toEqual(['good']);
  });
});
