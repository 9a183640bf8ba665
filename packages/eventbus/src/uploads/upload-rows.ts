import { ModuleName } from '@edgecore/api';
import type { Store } from '@edgecore/store';

/** What is kept of a message for the cloud. */
export interface Upload {
  /** Id of the message: the same however often it is sent. */
  readonly id: string;
  /** When it arrived, milliseconds since the epoch. */
  readonly timestamp: number;
  readonly topic: string;
  readonly content: string;
}

export interface UploadRow {
  /** Of the outbox; grows. */
  readonly rowId: number;
  /** `undefined` when the row cannot be read. */
  readonly upload: Upload | undefined;
}

const OWNER = ModuleName.eventbus;
const PREFIX = 'upload/';

/** The uploads in the outbox: one row each, in the order they arrived. */
export class UploadRows {
  constructor(private readonly store: Store) {}

  /** Resolves with the row's id once it is on disk. Rows commit in the order of the calls. */
  put(upload: Upload): Promise<number> {
    return this.store.outbox.put(OWNER, PREFIX + upload.id, upload);
  }

  async remove(rowId: number): Promise<void> {
    await this.store.outbox.remove(OWNER, rowId);
  }

  /** Id and size of all rows, oldest first: contents of a week need not be in memory. */
  async sizes(): Promise<{ rowId: number; bytes: number }[]> {
    const { db } = this.store;
    const query = db
      .selectFrom('edgecore_ts_outbox')
      .select(({ fn }) => ['id as rowId', fn<number>('length', ['value']).as('bytes')])
      .where('owner', '=', OWNER)
      .where('key', 'like', `${PREFIX}%`)
      .orderBy('id');
    return this.store.all(query);
  }

  /** Those of these rows that are still there, oldest first. */
  async read(rowIds: readonly number[]): Promise<UploadRow[]> {
    const { db } = this.store;
    const query = db
      .selectFrom('edgecore_ts_outbox')
      .select(['id', 'value'])
      .where('id', 'in', rowIds)
      .orderBy('id');
    const rows = await this.store.all(query);
    return rows.map(({ id, value }) => ({ rowId: id, upload: parse(value) }));
  }
}

function parse(value: string): Upload | undefined {
  try {
    const { id, timestamp, topic, content } = JSON.parse(value) as Record<string, unknown>;
    if (typeof id !== 'string' || typeof topic !== 'string' || typeof content !== 'string') return undefined;
    return { id, timestamp: Number(timestamp), topic, content };
  } catch {
    return undefined;
  }
}
