import type { Store } from '@edgecore/store';

const KEY = 'runtime';

/** Did this node run its pods on Docker the last time? */
export async function usedDocker(store: Store): Promise<boolean> {
  const row = await store.first(
    store.db.selectFrom('edgecore_ts_state').select('value').where('key', '=', KEY),
  );
  return row?.value === 'docker';
}

/** Keeps the name of the runtime for the next start. */
export async function rememberRuntime(store: Store, name: string): Promise<void> {
  const row = { key: KEY, value: name };
  await store.write(
    store.db
      .insertInto('edgecore_ts_state')
      .values(row)
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: name })),
  );
}
