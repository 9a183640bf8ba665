import { renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorText, type Logger } from '@edgecore/api';
import Sqlite, { type Database as Connection } from 'better-sqlite3';
import { type Compilable, Kysely, SqliteDialect } from 'kysely';
import { StoreClosedError, StoreReadError, StoreWriteError } from './errors.js';
import { GroupCommit } from './group-commit.js';
import type { LockFile } from './lock-file.js';
import type { Outbox } from './outbox.js';
import type { Database } from './schema.js';
import { SqliteOutbox } from './sqlite-outbox.js';
import { Statements } from './statements.js';
import type { OpenOutcome, Store, WriteResult } from './store.js';

export interface SqliteStoreComponents {
  readonly connection: Connection;
  readonly lock: LockFile;
  readonly path: string;
  readonly outcome: OpenOutcome;
  readonly movedTo: string | undefined;
  readonly log: Logger;
  readonly busyTimeoutMs: number;
  readonly now: () => number;
}

/** {@link Store} on one better-sqlite3 connection in this thread. Made by `openStore`. */
export class SqliteStore implements Store {
  readonly db: Kysely<Database>;
  readonly path: string;
  readonly outcome: OpenOutcome;
  readonly movedTo: string | undefined;
  readonly outbox: Outbox;
  readonly #components: SqliteStoreComponents;
  readonly #statements: Statements;
  readonly #commits: GroupCommit;
  #closing: Promise<void> | undefined;

  constructor(components: SqliteStoreComponents) {
    const { connection, path, outcome, movedTo, log, busyTimeoutMs, now } = components;
    this.#components = components;
    this.path = path;
    this.outcome = outcome;
    this.movedTo = movedTo;
    this.#statements = new Statements(connection);
    this.#commits = new GroupCommit(connection, this.#statements, path);
    // Queries executed through the builder get a connection of their own, opened at the first one:
    // read-only, so that nothing can write past the group commit or sit inside its transaction.
    this.db = new Kysely<Database>({
      dialect: new SqliteDialect({
        database: async () => new Sqlite(path, { readonly: true, timeout: busyTimeoutMs }),
      }),
    });
    this.outbox = new SqliteOutbox({
      db: this.db,
      log,
      now,
      write: (...statements) => this.#write(statements),
      all: (query) => this.all(query),
    });
  }

  async write(...statements: Compilable[]): Promise<WriteResult[]> {
    const results = await this.#write(statements);
    return results.map(({ changes }) => ({ changes }));
  }

  async all<Row>(query: Compilable<Row>): Promise<Row[]> {
    return this.#read(() => this.#statements.all(query.compile()) as Row[]);
  }

  async first<Row>(query: Compilable<Row>): Promise<Row | undefined> {
    return this.#read(() => this.#statements.first(query.compile()) as Row | undefined);
  }

  async backup(toPath: string): Promise<void> {
    this.#assertOpen();
    const target = resolve(toPath);
    if (target === resolve(this.path)) {
      throw new StoreWriteError(this.path, new Error('a backup needs a path of its own'));
    }
    const draft = `${target}.partial`;
    try {
      rmSync(draft, { force: true });
      await this.#components.connection.backup(draft);
      renameSync(draft, target);
    } catch (error) {
      rmSync(draft, { force: true });
      throw new StoreWriteError(target, error);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #write(statements: readonly Compilable[]) {
    return this.#commits.write(statements.map((statement) => statement.compile()));
  }

  #read<T>(read: () => T): T {
    this.#assertOpen();
    try {
      return read();
    } catch (error) {
      throw new StoreReadError(this.path, error);
    }
  }

  #assertOpen(): void {
    if (this.#closing) throw new StoreClosedError(this.path);
  }

  async #close(): Promise<void> {
    const { connection, lock, log } = this.#components;
    try {
      this.#commits.close();
      await this.db.destroy();
      // A full disk or a reader elsewhere may prevent it; the next open catches up.
      connection.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      log.warn({ path: this.path, error: errorText(error) }, 'database closed without a checkpoint');
    } finally {
      connection.close();
      lock.release();
    }
  }
}
