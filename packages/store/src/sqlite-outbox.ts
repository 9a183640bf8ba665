import { errorText, type Logger } from '@edgecore/api';
import type { RunResult } from 'better-sqlite3';
import { type Compilable, type Kysely, sql } from 'kysely';
import type { Outbox, OutboxEntry } from './outbox.js';
import { prepared } from './prepared.js';
import type { Database, OutboxTable } from './schema.js';

interface OutboxComponents {
  readonly db: Kysely<Database>;
  readonly log: Logger;
  readonly now: () => number;
  write(...statements: Compilable[]): Promise<RunResult[]>;
  all<Row>(query: Compilable<Row>): Promise<Row[]>;
}

/** {@link Outbox} in the table `edgecore_ts_outbox`. */
export class SqliteOutbox implements Outbox {
  readonly #put: (parameters: readonly unknown[]) => Compilable;
  readonly #remove: (parameters: readonly unknown[]) => Compilable;

  constructor(private readonly components: OutboxComponents) {
    const { db } = components;
    // REPLACE removes the old row and inserts a new one, with a new and higher id.
    this.#put = prepared(
      db.replaceInto('edgecore_ts_outbox').values({ owner: '', key: '', value: '', created_at: 0 }),
    );
    this.#remove = prepared(
      db.deleteFrom('edgecore_ts_outbox').where('owner', '=', '').where('key', '=', ''),
    );
  }

  async put(owner: string, key: string, value: unknown): Promise<number> {
    const [result] = await this.components.write(this.putting(owner, key, value));
    return Number(result!.lastInsertRowid);
  }

  putting(owner: string, key: string, value: unknown): Compilable {
    return this.#put([owner, key, JSON.stringify(value ?? null), this.components.now()]);
  }

  removing(owner: string, key: string): Compilable {
    return this.#remove([owner, key]);
  }

  async list<T = unknown>(
    owner: string,
    { prefix = '' }: { readonly prefix?: string } = {},
  ): Promise<OutboxEntry<T>[]> {
    const { db, all } = this.components;
    const rows = await all(
      db
        .selectFrom('edgecore_ts_outbox')
        .selectAll()
        .where('owner', '=', owner)
        .where(startsWith(prefix))
        .orderBy('id'),
    );
    const entries: OutboxEntry<T>[] = [];
    for (const row of rows) {
      const entry = await this.#parse<T>(row);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  async has(owner: string, id: number): Promise<boolean> {
    const { db, all } = this.components;
    const query = db.selectFrom('edgecore_ts_outbox').select('id');
    return (await all(query.where('owner', '=', owner).where('id', '=', id))).length > 0;
  }

  async remove(owner: string, id: number): Promise<boolean> {
    const { db, write } = this.components;
    const [result] = await write(
      db.deleteFrom('edgecore_ts_outbox').where('owner', '=', owner).where('id', '=', id),
    );
    return result!.changes > 0;
  }

  async removeKeys(
    owner: string,
    match: { readonly key: string } | { readonly prefix: string },
  ): Promise<number> {
    const { db, write } = this.components;
    const query = db.deleteFrom('edgecore_ts_outbox').where('owner', '=', owner);
    const [result] = await write(
      'key' in match ? query.where('key', '=', match.key) : query.where(startsWith(match.prefix)),
    );
    return result!.changes;
  }

  async size(owner: string): Promise<number> {
    const { db, all } = this.components;
    const [row] = await all(
      db
        .selectFrom('edgecore_ts_outbox')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('owner', '=', owner),
    );
    return row?.count ?? 0;
  }

  async #parse<T>(row: { [K in keyof OutboxTable]: K extends 'id' ? number : OutboxTable[K] }) {
    try {
      const value = JSON.parse(row.value) as T;
      return { id: row.id, key: row.key, value, createdAt: row.created_at } satisfies OutboxEntry<T>;
    } catch (error) {
      // It can never be sent; kept, it would come back at every connect.
      this.components.log.error(
        { owner: row.owner, key: row.key, error: errorText(error) },
        'outbox entry is not JSON, removed',
      );
      await this.remove(row.owner, row.id);
      return undefined;
    }
  }
}

/** Not `like`: keys may hold its wildcards. */
function startsWith(prefix: string) {
  return sql<boolean>`substr(key, 1, length(${prefix})) = ${prefix}`;
}
