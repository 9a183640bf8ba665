import type { Store } from '@edgecore/store';

/** Tables of the embedded broker's sessions. The Go agents know none of them and leave them alone. */
type SessionTables = {
  edgecore_ts_mqtt_subscriptions: { client: string; topic: string; qos: number };
  edgecore_ts_mqtt_outgoing: OutgoingRow;
  edgecore_ts_mqtt_incoming: { client: string; message_id: number };
  edgecore_ts_mqtt_retained: { topic: string; payload: Uint8Array; qos: number };
  edgecore_ts_mqtt_wills: WillRow;
};

/** A message, or the release of one, on its way to a client. */
export interface OutgoingRow {
  /** Grows: the order of the queue. */
  id: number;
  client: string;
  cmd: 'publish' | 'pubrel';
  /** Null until it was sent for the first time. */
  message_id: number | null;
  topic: string;
  payload: Uint8Array;
  qos: number;
  retain: number;
}

export interface WillRow {
  client: string;
  broker: string;
  topic: string;
  payload: Uint8Array;
  qos: number;
  retain: number;
}

/** One statement of a batch for the store. */
export type Statement = Parameters<Store['write']>[0];

/** The statements by which sessions are kept; what they mean is in {@link Sessions}. */
export class SessionRows {
  readonly #store: Store;
  readonly #db;

  constructor(store: Store) {
    this.#store = store;
    this.#db = store.db.withTables<SessionTables>();
  }

  /** Makes the tables where they are missing. */
  async create(): Promise<void> {
    const table = (name: string) => this.#db.schema.createTable(name).ifNotExists();
    await this.#store.write(
      table('edgecore_ts_mqtt_subscriptions')
        .addColumn('client', 'text', (column) => column.notNull())
        .addColumn('topic', 'text', (column) => column.notNull())
        .addColumn('qos', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('edgecore_ts_mqtt_subscriptions_key', ['client', 'topic']),
      table('edgecore_ts_mqtt_outgoing')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('client', 'text', (column) => column.notNull())
        .addColumn('cmd', 'text', (column) => column.notNull())
        .addColumn('message_id', 'integer')
        .addColumn('topic', 'text', (column) => column.notNull())
        .addColumn('payload', 'blob', (column) => column.notNull())
        .addColumn('qos', 'integer', (column) => column.notNull())
        .addColumn('retain', 'integer', (column) => column.notNull()),
      table('edgecore_ts_mqtt_incoming')
        .addColumn('client', 'text', (column) => column.notNull())
        .addColumn('message_id', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('edgecore_ts_mqtt_incoming_key', ['client', 'message_id']),
      table('edgecore_ts_mqtt_retained')
        .addColumn('topic', 'text', (column) => column.primaryKey().notNull())
        .addColumn('payload', 'blob', (column) => column.notNull())
        .addColumn('qos', 'integer', (column) => column.notNull()),
      table('edgecore_ts_mqtt_wills')
        .addColumn('client', 'text', (column) => column.primaryKey().notNull())
        .addColumn('broker', 'text', (column) => column.notNull())
        .addColumn('topic', 'text', (column) => column.notNull())
        .addColumn('payload', 'blob', (column) => column.notNull())
        .addColumn('qos', 'integer', (column) => column.notNull())
        .addColumn('retain', 'integer', (column) => column.notNull()),
    );
  }

  /** Everything there is; queues in their order. */
  async read() {
    const store = this.#store;
    const db = this.#db;
    return {
      subscriptions: await store.all(db.selectFrom('edgecore_ts_mqtt_subscriptions').selectAll()),
      outgoing: await store.all(db.selectFrom('edgecore_ts_mqtt_outgoing').selectAll().orderBy('id')),
      incoming: await store.all(db.selectFrom('edgecore_ts_mqtt_incoming').selectAll()),
      retained: await store.all(db.selectFrom('edgecore_ts_mqtt_retained').selectAll()),
      wills: await store.all(db.selectFrom('edgecore_ts_mqtt_wills').selectAll()),
    };
  }

  /** Runs statements as one unit; resolves when they are on disk. */
  async write(statements: readonly Statement[]): Promise<void> {
    if (statements.length > 0) await this.#store.write(...statements);
  }

  subscribe(client: string, topic: string, qos: number): Statement {
    return this.#db.replaceInto('edgecore_ts_mqtt_subscriptions').values({ client, topic, qos });
  }

  unsubscribe(client: string, topic: string): Statement {
    return this.#db
      .deleteFrom('edgecore_ts_mqtt_subscriptions')
      .where('client', '=', client)
      .where('topic', '=', topic);
  }

  putOutgoing(row: OutgoingRow): Statement {
    return this.#db.replaceInto('edgecore_ts_mqtt_outgoing').values(row);
  }

  setMessageId(id: number, messageId: number): Statement {
    return this.#db
      .updateTable('edgecore_ts_mqtt_outgoing')
      .set({ message_id: messageId })
      .where('id', '=', id);
  }

  removeOutgoing(id: number): Statement {
    return this.#db.deleteFrom('edgecore_ts_mqtt_outgoing').where('id', '=', id);
  }

  putIncoming(client: string, messageId: number): Statement {
    return this.#db.replaceInto('edgecore_ts_mqtt_incoming').values({ client, message_id: messageId });
  }

  removeIncoming(client: string, messageId: number): Statement {
    return this.#db
      .deleteFrom('edgecore_ts_mqtt_incoming')
      .where('client', '=', client)
      .where('message_id', '=', messageId);
  }

  putRetained(topic: string, payload: Uint8Array, qos: number): Statement {
    return this.#db.replaceInto('edgecore_ts_mqtt_retained').values({ topic, payload, qos });
  }

  removeRetained(topic: string): Statement {
    return this.#db.deleteFrom('edgecore_ts_mqtt_retained').where('topic', '=', topic);
  }

  putWill(row: WillRow): Statement {
    return this.#db.replaceInto('edgecore_ts_mqtt_wills').values(row);
  }

  removeWill(client: string): Statement {
    return this.#db.deleteFrom('edgecore_ts_mqtt_wills').where('client', '=', client);
  }

  /** All of a session; its will is none of it. */
  removeSession(client: string): Statement[] {
    return [
      this.#db.deleteFrom('edgecore_ts_mqtt_subscriptions').where('client', '=', client),
      this.#db.deleteFrom('edgecore_ts_mqtt_outgoing').where('client', '=', client),
      this.#db.deleteFrom('edgecore_ts_mqtt_incoming').where('client', '=', client),
    ];
  }
}
