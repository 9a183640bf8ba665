import type { Store } from '@edgecore/store';

/** What a node keeps about itself from one start to the next. */
export type NodeStateKey = 'runtime' | 'version';

/** The value kept under a key; `undefined` at a node's first start. */
export async function recall(store: Store, key: NodeStateKey): Promise<string | undefined> {
  const row = await store.first(
    store.db.selectFrom('edgecore_ts_state').select('value').where('key', '=', key),
  );
  return row?.value;
}

/** Keeps a value for the next start; resolves when it is on disk. */
export async function remember(store: Store, key: NodeStateKey, value: string): Promise<void> {
  await store.write(
    store.db
      .insertInto('edgecore_ts_state')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value })),
  );
}
