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
  /** Builds statements; executing through it directly is for reads outside hot paths only. */
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

  /** Commits what was asked for, checkpoints, closes the file and releases the lock. */
  close(): Promise<void>;
}
