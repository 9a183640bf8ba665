import type { Database } from 'better-sqlite3';

/** One step of our own tables (`edgecore_ts_…`). A released step is never changed, only followed by another. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  readonly what: string;
  up(db: Database): void;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    what: 'outbox: what must still reach the cloud, latest per owner and key',
    up(db) {
      // AUTOINCREMENT: an id is never given twice, so a late `remove` cannot hit a newer value.
      db.exec(`CREATE TABLE edgecore_ts_outbox (
        id integer PRIMARY KEY AUTOINCREMENT,
        owner text NOT NULL,
        key text NOT NULL,
        value text NOT NULL,
        created_at integer NOT NULL,
        UNIQUE (owner, key)
      )`);
    },
  },
];

const VERSION_KEY = 'schema_version';

/** The version of our tables in this file; 0 when it has none of them. */
export function schemaVersion(db: Database): number {
  db.exec(
    'CREATE TABLE IF NOT EXISTS edgecore_ts_state (key text NOT NULL PRIMARY KEY, value text NOT NULL)',
  );
  const row = db.prepare('SELECT value FROM edgecore_ts_state WHERE key = ?').get(VERSION_KEY) as
    | { value: string }
    | undefined;
  return row === undefined ? 0 : Number(row.value);
}

/**
 * Runs the missing steps in order. Call inside a transaction: either all of
 * them are in the file afterwards, or none.
 *
 * @throws {RangeError} when a newer program wrote the file.
 */
export function migrate(db: Database, migrations: readonly Migration[] = MIGRATIONS): void {
  const latest = migrations.at(-1)?.version ?? 0;
  const found = schemaVersion(db);
  if (!(found <= latest)) {
    throw new RangeError(
      `a newer version of this agent wrote it (its tables have version ${found}, this program knows ${latest}): use that version, or a backup from before`,
    );
  }
  for (const step of migrations) if (step.version > found) step.up(db);
  // Written at every open: it also proves that the file can be written now, not at the first pod.
  db.prepare('INSERT OR REPLACE INTO edgecore_ts_state (key, value) VALUES (?, ?)').run(
    VERSION_KEY,
    String(latest),
  );
}
