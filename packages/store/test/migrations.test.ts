import { describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { MIGRATIONS, migrate, schemaVersion } from '../src/migrations.js';
import { databasePath, testStore, withSqlite } from './support.js';

const outboxRow = "INSERT INTO edgecore_ts_outbox (owner, key, value, created_at) VALUES ('o', 'k', '1', 2)";

describe('our own tables', () => {
  test('versions count up from 1 without gaps', () => {
    expect(MIGRATIONS.map((step) => step.version)).toEqual(MIGRATIONS.map((_, n) => n + 1));
  });

  test('step 1: from a file without our tables to one with an outbox', () => {
    const db = new Sqlite(':memory:');
    expect(schemaVersion(db)).toBe(0);
    migrate(db, MIGRATIONS.slice(0, 1));
    expect(schemaVersion(db)).toBe(1);
    db.exec(outboxRow);
    expect(() => db.exec(outboxRow)).toThrow(/UNIQUE/);
    db.close();
  });

  test('only missing steps run, in order, and keep the rows', () => {
    const db = new Sqlite(':memory:');
    migrate(db, MIGRATIONS.slice(0, 1));
    db.exec(outboxRow);
    const ran: number[] = [];
    const more = [2, 3].map((version) => ({
      version,
      what: 'a later step',
      up: () => void ran.push(version),
    }));
    migrate(db, [...MIGRATIONS.slice(0, 1), ...more]);
    migrate(db, [...MIGRATIONS.slice(0, 1), ...more]);
    expect(ran).toEqual([2, 3]);
    expect(schemaVersion(db)).toBe(3);
    expect(db.prepare('SELECT value FROM edgecore_ts_outbox').pluck().all()).toEqual(['1']);
    db.close();
  });

  test('a step that fails leaves the file as it was', async () => {
    const path = await databasePath();
    await (await testStore({ path })).close();
    withSqlite(path, (db) => {
      const broken = {
        version: MIGRATIONS.length + 1,
        what: 'half a step',
        up: (on: typeof db) => {
          on.exec('CREATE TABLE half (a)');
          on.exec('nonsense');
        },
      };
      expect(() => db.transaction(() => migrate(db, [...MIGRATIONS, broken]))()).toThrow();
      expect(schemaVersion(db)).toBe(MIGRATIONS.length);
      expect(db.pragma('table_info(half)')).toEqual([]);
    });
  });

  test('a file of a newer program is refused, untouched, saying what to do', async () => {
    const path = await databasePath();
    await (await testStore({ path })).close();
    withSqlite(path, (db) => db.exec("UPDATE edgecore_ts_state SET value = '99'"));
    await expect(testStore({ path })).rejects.toMatchObject({
      code: 'ERR_STORE_OPEN',
      cause: { message: expect.stringContaining('a newer version of this agent wrote it') },
    });
    expect(withSqlite(path, schemaVersion)).toBe(99);
  });
});
