import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { databasePath, keys, put, testStore } from '../support.js';

async function filled(): Promise<string> {
  const store = await testStore();
  const rows = Array.from({ length: 200 }, (_, n) => put(store, `default/pod/p${n}`, 'x'.repeat(1000)));
  await store.write(...rows);
  await store.close();
  return store.path;
}

const DAMAGES: Record<string, (path: string) => unknown> = {
  'not a database': (path) => writeFileSync(path, 'hello, I am a text file\n'.repeat(200)),
  'cut short': (path) => truncateSync(path, 50 * 1024 + 100),
  emptied: (path) => truncateSync(path, 0),
  'a broken page': async (path) => {
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(4096, 0xab), 0, 4096, 4096 * 20);
    await file.close();
  },
};

describe('a damaged database', () => {
  for (const [what, damage] of Object.entries(DAMAGES)) {
    test(`${what}: moved aside, a new one begun`, async () => {
      const path = await filled();
      await damage(path);
      writeFileSync(`${path}-wal`, 'stale');
      const before = readFileSync(path);
      const told: object[] = [];
      const log = { info: (fields: object) => told.push(fields) };
      const store = await testStore({
        path,
        now: () => Date.UTC(2026, 10, 23, 7, 8, 9),
        log: { ...(await import('@edgecore/api')).silentLogger, ...log } as never,
      });
      expect(store.outcome).toBe('recreated');
      expect(store.movedTo).toBe(`${path}.damaged-20261123T070809Z`);
      expect(readFileSync(store.movedTo!).equals(before)).toBe(true);
      expect(told).toEqual([expect.objectContaining({ path, movedTo: store.movedTo })]);
      expect(await keys(store)).toEqual([]);
      await store.write(put(store, 'a'));
      await store.close();
      const again = await testStore({ path });
      expect(again.outcome).toBe('intact');
      expect(await keys(again)).toEqual(['a']);
    });
  }

  test('a second one in the same second does not overwrite the first', async () => {
    const path = await databasePath();
    const now = () => Date.UTC(2026, 10, 23);
    const moved: (string | undefined)[] = [];
    for (const text of ['first', 'second']) {
      writeFileSync(path, text.repeat(500));
      const store = await testStore({ path, now });
      moved.push(store.movedTo);
      await store.close();
    }
    expect(moved).toEqual([`${path}.damaged-20261123T000000Z`, `${path}.damaged-20261123T000000Z-2`]);
    expect(readFileSync(moved[0]!, 'utf8')).toContain('first');
  });

  test('a log without its database is not replayed into a new one', async () => {
    const path = await databasePath();
    writeFileSync(`${path}-wal`, 'left over');
    const store = await testStore({ path });
    expect(store.outcome).toBe('created');
    await store.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});
