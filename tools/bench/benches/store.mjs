import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@edgecore/store';
import Database from 'better-sqlite3';
import { compareRates } from '../lib/numbers.mjs';

const IN_FLIGHT = [1, 50, 1000];
const VALUE = JSON.stringify({ metadata: { name: 'web' }, data: 'x'.repeat(1000) });

export const about = 'durable writes of a 1 kB object';

export async function* run({ rounds }) {
  const dir = await mkdtemp(join(tmpdir(), 'edgecore-bench-'));
  const store = await openStore({ path: join(dir, 'store.db') });
  const bare = bareDatabase(join(dir, 'bare.db'));
  try {
    const rows = [];
    for (const inFlight of IN_FLIGHT) {
      const rates = await compareRates({
        rounds,
        count: inFlight === 1 ? 200 : 2000,
        subject: (count) =>
          inBatches(count, inFlight, (key) => store.write(store.db.replaceInto('meta').values(row(key)))),
        baseline: async (count) => {
          for (let n = 0; n < count; n += 1) bare.write(row(n));
        },
      });
      const what = inFlight === 1 ? 'one at a time' : `${inFlight} in flight`;
      rows.push({ what, unit: '/s', value: rates.subject, baseline: rates.baseline, of: 'transaction each' });
    }
    yield { title: `store, durable writes of 1 kB (${rounds} rounds)`, rows };
  } finally {
    bare.close();
    await store.close();
    await rm(dir, { recursive: true });
  }
}

async function inBatches(count, inFlight, write) {
  for (let done = 0; done < count; done += inFlight) {
    await Promise.all(Array.from({ length: inFlight }, (_, n) => write(done + n)));
  }
}

function row(key) {
  return { key: `default/pod/${key}`, type: 'pod', value: VALUE };
}

/** The same file settings and statement, committed one by one. */
function bareDatabase(path) {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE meta (key TEXT PRIMARY KEY, type TEXT, value TEXT)');
  const replace = db.prepare('REPLACE INTO meta (key, type, value) VALUES (@key, @type, @value)');
  return { write: db.transaction((values) => replace.run(values)), close: () => db.close() };
}
