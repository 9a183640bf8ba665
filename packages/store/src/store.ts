import type { Compilable, Kysely } from 'kysely';
import type { Outbox } from './outbox.js';
import type { Database } from './schema.js';

/** Result of one statement of a batch. */
export interface WriteResult {
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
}

/** How the file was found when it was opened. */
export type OpenOutcome =
  /** There was no file. */
  | 'created'
  /** It passed its integrity check. */
  | 'intact'
  /** It was damaged; it was moved to `movedTo` and a new one begun. */
  | 'recreated';

/**
 * The agent's one database file.
 *
 * Writes are batches of compiled statements, so that the store can move to a
 * worker thread without changing its callers (design: State).
 */
export interface Store {
  /** Builds statements. Executing through it uses a read-only connection: for reads outside hot paths; writes go through `write`. */
  readonly db: Kysely<Database>;
  readonly path: string;
  readonly outcome: OpenOutcome;
  /** Where a damaged file went, when `outcome` is `recreated`. */
  readonly movedTo: string | undefined;
  readonly outbox: Outbox;

  /**
   * Runs the statements as one atomic unit and resolves when they are on disk
   * (WAL, `synchronous=FULL`). Units asked for in the same turn, or while a
   * commit is running, share the next commit; a unit that fails rolls back
   * alone and rejects alone. Units commit in the order they were asked for.
   *
   * @throws {StoreWriteError} naming the SQLite code (disk full, read-only, constraint).
   * @throws {StoreClosedError} after `close`.
   */
  write(...statements: Compilable[]): Promise<WriteResult[]>;

  /** All rows of a select. Sees every write whose promise has resolved. */
  all<Row>(query: Compilable<Row>): Promise<Row[]>;
  /** The first row of a select, if any. */
  first<Row>(query: Compilable<Row>): Promise<Row | undefined>;

  /**
   * Copies the database, consistent as of the end of the call, into one file
   * that can be opened like any other; an existing file is replaced.
   * @throws {StoreWriteError} when the copy cannot be written; nothing is left behind then.
   */
  backup(toPath: string): Promise<void>;

  /** Commits what was asked for, checkpoints, closes the file and releases the lock. */
  close(): Promise<void>;
}
