import { ModuleName } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import type { Statement } from '../rows/statements.js';
import type { PendingReport, RowChange } from './pending-report.js';

const OWNER = ModuleName.twin;

export type ReportKind = 'twins' | 'state';

/** The outbox entries of devices: what the cloud has to hear, not the values, which are read when sent (devicetwin.md §8.5). */
export class ReportRows {
  constructor(private readonly store: Store) {}

  change(kind: ReportKind, id: string, report: PendingReport, change: RowChange): Statement[] {
    if (change === 'none') return [];
    const key = `${kind}/${id}`;
    return [
      change === 'put'
        ? this.store.outbox.putting(OWNER, key, report.row())
        : this.store.outbox.removing(OWNER, key),
    ];
  }

  remove(id: string): Statement[] {
    return [
      this.store.outbox.removing(OWNER, `twins/${id}`),
      this.store.outbox.removing(OWNER, `state/${id}`),
    ];
  }

  async load(): Promise<{ kind: ReportKind; id: string; marks: ReadonlyMap<string, number> }[]> {
    const entries = await this.store.outbox.list<unknown>(OWNER);
    return entries.flatMap(({ key, value }) => {
      const slash = key.indexOf('/');
      const kind = key.slice(0, slash);
      if (kind !== 'twins' && kind !== 'state') return [];
      const marks = Object.entries(value ?? {}).filter(
        (entry): entry is [string, number] => typeof entry[1] === 'number',
      );
      return [{ kind, id: key.slice(slash + 1), marks: new Map(marks) }];
    });
  }
}
