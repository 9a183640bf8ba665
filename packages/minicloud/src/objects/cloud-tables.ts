import type { Store } from '@edgecore/store';

/** One object, as JSON. */
export type ObjectRow = {
  key: string;
  value: string;
};

/** What a node has confirmed: upstream's ObjectSync (wire.md §5.5). */
export type SyncRow = {
  node: string;
  uid: string;
  kind: string;
  namespace: string;
  name: string;
  version: string;
};

export type StateRow = {
  key: string;
  value: string;
};

/** The cloud's own tables, in a database file of its own. */
export type CloudTables = {
  cloud_objects: ObjectRow;
  cloud_sync: SyncRow;
  cloud_state: StateRow;
};

/** The query builder with the cloud's tables. */
export function cloudDb(store: Store) {
  return store.db.withTables<CloudTables>();
}

export async function createCloudTables(store: Store): Promise<void> {
  const { schema } = store.db;
  await store.write(
    schema
      .createTable('cloud_objects')
      .ifNotExists()
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull()),
    schema
      .createTable('cloud_sync')
      .ifNotExists()
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('uid', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('namespace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('cloud_sync_key', ['node', 'uid']),
    schema
      .createTable('cloud_state')
      .ifNotExists()
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull()),
  );
}
