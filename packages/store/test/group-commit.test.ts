import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keys, put, testStore, withSqlite } from './support.js';

describe('write', () => {
  test('a unit is atomic and reports its changes', async () => {
    const store = await testStore();
    await expect(store.write(put(store, 'a'), put(store, 'b'))).resolves.toEqual([
      { changes: 1 },
      { changes: 1 },
    ]);
    const [removed] = await store.write(store.db.deleteFrom('meta'));
    expect(removed).toEqual({ changes: 2 });
  });

  test('a failing unit fails alone, whole, and with its code', async () => {
    const store = await testStore();
    const duplicate = store.db.insertInto('meta').values({ key: 'b', type: '', value: '' });
    const results = await Promise.allSettled([
      store.write(put(store, 'a')),
      store.write(put(store, 'lost'), duplicate, duplicate),
      store.write(put(store, 'c')),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
      code: 'ERR_STORE_WRITE',
      sqliteCode: 'SQLITE_CONSTRAINT_PRIMARYKEY',
      retryable: false,
    });
    expect(await keys(store)).toEqual(['a', 'c']);
  });

  test('a statement that is not SQL is a write error, not a crash', async () => {
    const store = await testStore();
    const nonsense = { compile: () => ({ ...put(store, 'x').compile(), sql: 'nonsense' }) };
    await expect(store.write(nonsense)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    await store.write(put(store, 'a'));
    expect(await keys(store)).toEqual(['a']);
  });

  test('what resolved is in the file: another connection sees it', async () => {
    const store = await testStore();
    await store.write(put(store, 'a', 'one'));
    const seen = withSqlite(store.path, (db) => db.prepare('SELECT value FROM meta').pluck().all());
    expect(seen).toEqual(['one']);
  });

  test('units of one turn share a commit: they become visible together', async () => {
    const store = await testStore();
    const order: string[] = [];
    const units = ['a', 'b', 'c'].map((key) => store.write(put(store, key)).then(() => order.push(key)));
    expect(await keys(store)).toEqual([]);
    await units[0];
    expect(await keys(store)).toEqual(['a', 'b', 'c']);
    await Promise.all(units);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  test('more units than fit one transaction are all written, in order', async () => {
    const store = await testStore();
    const last: number[] = [];
    await Promise.all(
      Array.from({ length: 1201 }, (_, n) =>
        store.write(put(store, 'same', String(n))).then(() => last.push(n)),
      ),
    );
    expect(last).toEqual(Array.from({ length: 1201 }, (_, n) => n));
    const row = await store.first(store.db.selectFrom('meta').select('value'));
    expect(row).toEqual({ value: '1200' });
  });

  test('close commits what was asked for; later writes are refused', async () => {
    const store = await testStore();
    const write = store.write(put(store, 'a'));
    await store.close();
    await expect(write).resolves.toEqual([{ changes: 1 }]);
    await expect(store.write(put(store, 'b'))).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    await expect(keys(store)).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    const again = await testStore({ path: store.path });
    expect(await keys(again)).toEqual(['a']);
  });

  test('the builder itself cannot write past the group commit', async () => {
    const store = await testStore();
    await expect(put(store, 'a').execute()).rejects.toMatchObject({ code: 'SQLITE_READONLY' });
    await store.write(put(store, 'b'));
    await expect(store.db.selectFrom('meta').select('key').execute()).resolves.toEqual([{ key: 'b' }]);
  });

  test('a wrong select is a read error', async () => {
    const store = await testStore();
    const query = store.db.selectFrom('meta').select('nothing' as 'key');
    await expect(store.all(query)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });

  test('any mix of good and bad units leaves what a plain map would hold', async () => {
    const op = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.string({ maxLength: 3 }),
      bad: fc.boolean(),
      turn: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 30 }), async (ops) => {
        const store = await testStore();
        const model: Record<string, string> = {};
        const writes: Promise<unknown>[] = [];
        for (const { key, value, bad, turn } of ops) {
          const fail = store.db.insertInto('meta').values({ key, type: '', value: '' });
          writes.push(store.write(put(store, key, value), ...(bad ? [fail] : [])).catch(() => 'failed'));
          if (!bad) model[key] = value;
          if (turn) await writes.at(-1);
        }
        const outcomes = await Promise.all(writes);
        const rows = await store.all(store.db.selectFrom('meta').select(['key', 'value']));
        await store.close();
        return (
          outcomes.every((outcome, n) => (outcome === 'failed') === ops[n]!.bad) &&
          isDeepStrictEqual(Object.fromEntries(rows.map((row) => [row.key, row.value])), model)
        );
      }),
      { numRuns: 25 },
    );
  });
});
