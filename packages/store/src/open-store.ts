import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Logger, silentLogger } from '@edgecore/api';
import Sqlite, { type Database as Connection } from 'better-sqlite3';
import { StoreLockedError, StoreOpenError } from './errors.js';
import { findDamage, moveAside, removeOrphanedLogs } from './integrity.js';
import { acquireLock, type LockFile } from './lock-file.js';
import { migrate } from './migrations.js';
import { SqliteStore } from './sqlite-store.js';
import type { OpenOutcome, Store } from './store.js';
import { adoptUpstreamTables } from './upstream-tables.js';

export interface OpenStoreOptions {
  /** The database file; its directory is made when missing. Upstream: `/var/lib/kubeedge/edgecore.db`. */
  readonly path: string;
  /** Default: silent. */
  readonly log?: Logger;
  /** How long a statement waits, blocking, while a foreign program holds the file. Default 2000 ms. */
  readonly busyTimeoutMs?: number;
  /** The file grows no larger; writes above fail with `SQLITE_FULL`. Default: no limit. */
  readonly maxSizeBytes?: number;
  /** Clock, milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Opens the agent's database: takes the lock, checks the file (a damaged one
 * is moved aside and a new one begun), makes missing tables, runs migrations.
 *
 * @throws {StoreLockedError} when another process uses it.
 * @throws {StoreOpenError} when it cannot be read or written, or a newer program wrote it.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const path = resolve(options.path);
  const { log = silentLogger, busyTimeoutMs = 2000, now = Date.now } = options;
  const lock = takeLock(path);
  let connection: Connection | undefined;
  try {
    const found = inspect(path, busyTimeoutMs, now);
    connection = connect(path, busyTimeoutMs, options.maxSizeBytes);
    if (found.outcome === 'recreated') {
      // What it means for the node, and what to do, only its owner knows: it tells so by `outcome`.
      log.info(
        { path, movedTo: found.movedTo, damage: found.damage },
        'the database was damaged; it was moved aside and a new one begun',
      );
    }
    return new SqliteStore({ ...found, connection, lock, path, log, busyTimeoutMs, now });
  } catch (error) {
    connection?.close();
    lock.release();
    throw new StoreOpenError(path, { cause: error });
  }
}

function takeLock(path: string): LockFile {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return acquireLock(path);
  } catch (error) {
    if (error instanceof StoreLockedError) throw error;
    throw new StoreOpenError(path, { cause: error });
  }
}

interface Inspection {
  readonly outcome: OpenOutcome;
  readonly movedTo: string | undefined;
  readonly damage?: string;
}

function inspect(path: string, busyTimeoutMs: number, now: () => number): Inspection {
  if (!existsSync(path)) {
    removeOrphanedLogs(path);
    return { outcome: 'created', movedTo: undefined };
  }
  const damage = findDamage(path, busyTimeoutMs);
  if (damage === undefined) return { outcome: 'intact', movedTo: undefined };
  return { outcome: 'recreated', movedTo: moveAside(path, new Date(now())), damage };
}

function connect(path: string, busyTimeoutMs: number, maxSizeBytes: number | undefined): Connection {
  const connection = new Sqlite(path, { timeout: busyTimeoutMs });
  try {
    connection.pragma('journal_mode = WAL');
    // FULL, not WAL's usual NORMAL: a resolved write must survive a power cut.
    connection.pragma('synchronous = FULL');
    if (maxSizeBytes !== undefined) {
      const pageSize = connection.pragma('page_size', { simple: true }) as number;
      connection.pragma(`max_page_count = ${Math.max(1, Math.floor(maxSizeBytes / pageSize))}`);
    }
    connection
      .transaction(() => {
        adoptUpstreamTables(connection);
        migrate(connection);
      })
      .immediate();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
