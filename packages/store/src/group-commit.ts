import type { Database, RunResult, Statement } from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import { StoreClosedError, StoreWriteError } from './errors.js';
import type { Statements } from './statements.js';

interface Unit {
  readonly statements: readonly CompiledQuery[];
  resolve(results: RunResult[]): void;
  reject(error: unknown): void;
}

type Outcome =
  | { readonly unit: Unit; readonly results: RunResult[] }
  | { readonly unit: Unit; readonly error: unknown };

/** Most units in one transaction, so that one commit cannot hold the event loop for long. */
const MAX_UNITS = 500;

/**
 * Joins the writes asked for in one turn of the event loop into one
 * transaction, so that many callers share one wait for the disk (design: State).
 * Each unit has its own savepoint: a failing one fails alone.
 */
export class GroupCommit {
  #pending: Unit[] = [];
  #scheduled = false;
  #closed = false;
  /** Prepared, since they run as often as the units themselves. */
  readonly #savepoint: Statement;
  readonly #release: Statement;

  constructor(
    private readonly db: Database,
    private readonly statements: Statements,
    private readonly path: string,
  ) {
    this.#savepoint = db.prepare('SAVEPOINT unit');
    this.#release = db.prepare('RELEASE unit');
  }

  write(statements: readonly CompiledQuery[]): Promise<RunResult[]> {
    if (this.#closed) return Promise.reject(new StoreClosedError(this.path));
    return new Promise((resolve, reject) => {
      this.#pending.push({ statements, resolve, reject });
      this.#schedule();
    });
  }

  /** Commits what was asked for and refuses what comes later. */
  close(): void {
    this.#closed = true;
    while (this.#pending.length > 0) this.#commitNext();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commitNext();
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  #commitNext(): void {
    const units = this.#pending.slice(0, MAX_UNITS);
    this.#pending = this.#pending.slice(MAX_UNITS);
    if (units.length > 0) this.#commit(units);
  }

  /** Every unit is settled when this returns, and a resolved one is on disk. */
  #commit(units: readonly Unit[]): void {
    const outcomes: Outcome[] = [];
    try {
      this.db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      for (const unit of units) unit.reject(new StoreWriteError(this.path, error));
      return;
    }
    for (const unit of units) {
      outcomes.push(this.#runUnit(unit));
      // Some errors (disk full) make SQLite roll back the whole transaction: the innocent go again.
      if (!this.db.inTransaction) {
        this.#settle(outcomes.at(-1)!);
        this.#commit(units.filter((other) => other !== unit));
        return;
      }
    }
    try {
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      // The room may still do for some of them.
      if (units.length > 1) for (const unit of units) this.#commit([unit]);
      else units[0]!.reject(new StoreWriteError(this.path, error));
      return;
    }
    for (const outcome of outcomes) this.#settle(outcome);
  }

  #runUnit(unit: Unit): Outcome {
    // One statement is atomic by itself.
    if (unit.statements.length === 1) return this.#runStatement(unit);
    try {
      this.#savepoint.run();
      const results = unit.statements.map((statement) => this.statements.run(statement));
      this.#release.run();
      return { unit, results };
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK TO unit; RELEASE unit');
      return { unit, error };
    }
  }

  #runStatement(unit: Unit): Outcome {
    try {
      return { unit, results: [this.statements.run(unit.statements[0]!)] };
    } catch (error) {
      return { unit, error };
    }
  }

  #settle(outcome: Outcome): void {
    if ('error' in outcome) outcome.unit.reject(new StoreWriteError(this.path, outcome.error));
    else outcome.unit.resolve(outcome.results);
  }
}
