import type { Store } from '@edgecore/store';
import { cloudDb, type SyncRow } from '../objects/cloud-tables.js';
import type { StoredObject } from '../objects/stored-object.js';
import { namespaceOf } from '../objects/stored-object.js';

/** Version of an object that was queued for a node but never confirmed. */
export const NEVER_CONFIRMED = '0';

/**
 * Which version of which object each node has confirmed (upstream's
 * ObjectSync, wire.md §5.5): what the resync compares the cluster with.
 */
export class SyncRecords {
  readonly #rows = new Map<string, Map<string, SyncRow>>();

  private constructor(private readonly store: Store) {}

  static async open(store: Store): Promise<SyncRecords> {
    const records = new SyncRecords(store);
    const rows = await store.all(cloudDb(store).selectFrom('cloud_sync').selectAll());
    for (const row of rows) records.#ofNode(row.node).set(row.uid, row);
    return records;
  }

  get(node: string, uid: string): SyncRow | undefined {
    return this.#rows.get(node)?.get(uid);
  }

  list(node: string): SyncRow[] {
    return [...(this.#rows.get(node)?.values() ?? [])];
  }

  /** Notes the version a node confirmed, or {@link NEVER_CONFIRMED}. */
  async put(node: string, object: StoredObject, version: string): Promise<void> {
    const { uid, name } = object.metadata;
    const row: SyncRow = {
      node,
      uid,
      kind: object.kind ?? '',
      namespace: namespaceOf(object),
      name,
      version,
    };
    await this.store.write(
      cloudDb(this.store)
        .insertInto('cloud_sync')
        .values(row)
        .onConflict((conflict) => conflict.columns(['node', 'uid']).doUpdateSet({ version })),
    );
    this.#ofNode(node).set(uid, row);
  }

  async remove(node: string, uid: string): Promise<void> {
    if (!this.#rows.get(node)?.has(uid)) return;
    await this.store.write(
      cloudDb(this.store).deleteFrom('cloud_sync').where('node', '=', node).where('uid', '=', uid),
    );
    this.#rows.get(node)?.delete(uid);
  }

  /** Forgets a node that was deleted from the cluster. */
  async removeNode(node: string): Promise<void> {
    await this.store.write(cloudDb(this.store).deleteFrom('cloud_sync').where('node', '=', node));
    this.#rows.delete(node);
  }

  #ofNode(node: string): Map<string, SyncRow> {
    let rows = this.#rows.get(node);
    if (!rows) {
      rows = new Map();
      this.#rows.set(node, rows);
    }
    return rows;
  }
}
