import type { Database, RunResult, Statement } from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';

const MAX_PREPARED = 256;

/** Executes compiled statements on one connection, keeping the prepared form of the recent ones. */
export class Statements {
  readonly #prepared = new Map<string, Statement>();

  constructor(private readonly db: Database) {}

  run({ sql, parameters }: CompiledQuery): RunResult {
    return this.#prepare(sql).run(...parameters.map(toSqlite));
  }

  all({ sql, parameters }: CompiledQuery): unknown[] {
    return this.#prepare(sql).all(...parameters.map(toSqlite));
  }

  first({ sql, parameters }: CompiledQuery): unknown {
    return this.#prepare(sql).get(...parameters.map(toSqlite));
  }

  #prepare(sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known) {
      // Put back at the end: the first of the map is always the least recently used.
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    const statement = this.db.prepare(sql);
    if (this.#prepared.size >= MAX_PREPARED) {
      const oldest = this.#prepared.keys().next();
      if (!oldest.done) this.#prepared.delete(oldest.value);
    }
    this.#prepared.set(sql, statement);
    return statement;
  }
}

/** SQLite knows neither booleans nor `undefined`; upstream stores booleans as 0 and 1. */
function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === undefined ? null : value;
}
