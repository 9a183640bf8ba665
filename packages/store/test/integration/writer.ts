/** Writes one row after the other and prints each number once its promise has resolved, until it is killed. */
import { writeSync } from 'node:fs';
import { openStore } from '@edgecore/store';

const store = await openStore({ path: process.argv[2]! });
const start = Number(process.argv[3] ?? 0);
for (let n = start; ; n += 1) {
  await store.write(
    store.db.replaceInto('meta').values({ key: `row/${n}`, type: 'pod', value: 'x'.repeat(n % 3000) }),
    store.db.replaceInto('meta').values({ key: `twin/${n}`, type: 'pod', value: String(n) }),
  );
  // Synchronous: a number that was reported was durable before.
  writeSync(1, `${n}\n`);
}
