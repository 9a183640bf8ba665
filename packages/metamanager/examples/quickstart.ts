import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MutableCloudLink, profile2020 } from '@edgecore/api';
import { createBus, createMessage } from '@edgecore/beehive';
import { MetaManager } from '@edgecore/metamanager';
import { openStore } from '@edgecore/store';

const dir = await mkdtemp(join(tmpdir(), 'metamanager-'));
const store = await openStore({ path: join(dir, 'edgecore.db') });
const link = new MutableCloudLink({ connected: true, profile: profile2020 });
const bus = createBus().add(new MetaManager({ store, link }));
const hub = bus.join('websocket', 'hub'); // a stand-in for EdgeHub
const edged = bus.join('edged');
bus.start();

// The cloud pushes a pod: stored, then acknowledged, then handed to edged.
const route = { source: 'edgecontroller', group: 'resource', resource: 'default/pod/web' };
const content = { metadata: { name: 'web', namespace: 'default', uid: 'u-1' } };
await hub.send('metamanager', createMessage<unknown>({ ...route, operation: 'insert', content }));
for await (const up of hub.receive()) {
  console.log('to the cloud:', up.operation, up.resource, up.content);
  break;
}

// Edged asks for its pods: the database answers, with or without a cloud.
link.set({ connected: false });
const query = createMessage({ source: 'edged', group: 'meta', operation: 'query', resource: 'default/pod' });
console.log('pods:', (await edged.request('metamanager', query)).content);
await bus.stop();
hub.close();
edged.close();
await store.close();
await rm(dir, { recursive: true });
