import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@edgecore/store';

const dir = await mkdtemp(join(tmpdir(), 'store-'));
const store = await openStore({ path: join(dir, 'edgecore.db') });
console.log('found:', store.outcome);

const { db, outbox } = store;
const pod = { key: 'default/pod/web', type: 'pod', value: '{"metadata":{"name":"web"}}' };
await store.write(db.replaceInto('meta').values(pod)); // on disk when this resolves
const rows = await store.all(db.selectFrom('meta').select('key').where('type', '=', 'pod'));
console.log('pods:', rows.map((row) => row.key).join());

await outbox.put('metamanager', 'status/web', { phase: 'Pending' });
await outbox.put('metamanager', 'status/web', { phase: 'Running' });
for (const entry of await outbox.list('metamanager')) {
  console.log('to send:', entry.key, entry.value);
  await outbox.remove('metamanager', entry.id);
}
await store.close();
await rm(dir, { recursive: true });
