import { join } from 'node:path';
import { type OpenStoreOptions, openStore, type Store } from '@edgecore/store';
import { tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';
import Sqlite from 'better-sqlite3';

const open: Store[] = [];

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

/** A path for a database, in a directory of its own. */
export async function databasePath(): Promise<string> {
  return join(await tempDir(), 'edgecore.db');
}

/** A store closed after the test. */
export async function testStore(options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const store = await openStore({ path: options.path ?? (await databasePath()), ...options });
  open.push(store);
  return store;
}

export function put(store: Store, key: string, value = 'x') {
  return store.db.replaceInto('meta').values({ key, type: 'pod', value });
}

export async function keys(store: Store): Promise<string[]> {
  const rows = await store.all(store.db.selectFrom('meta').select('key').orderBy('key'));
  return rows.map((row) => row.key);
}

/** Looks into or prepares a file past the store. */
export function withSqlite<T>(path: string, use: (db: Sqlite.Database) => T): T {
  const db = new Sqlite(path);
  try {
    return use(db);
  } finally {
    db.close();
  }
}
