/**
 * MetaManager between a hub that pushes one pod after the other and an edged
 * that reports each while there is no cloud. Prints what the cloud and edged
 * were told, until it is killed.
 */
import { writeSync } from 'node:fs';
import { MutableCloudLink, profileCurrent } from '@edgecore/api';
import { createBus, createMessage } from '@edgecore/beehive';
import { MetaManager } from '@edgecore/metamanager';
import { openStore } from '@edgecore/store';

const store = await openStore({ path: process.argv[2]! });
const link = new MutableCloudLink({ connected: false, profile: profileCurrent });
const bus = createBus().add(new MetaManager({ store, link }));
const hub = bus.join('websocket', 'hub');
const edged = bus.join('edged');
bus.start();

void (async () => {
  for await (const message of hub.receive()) writeSync(1, `acknowledged ${message.resource}\n`);
})();
void (async () => {
  for await (const message of edged.receive()) {
    const { name, uid } = (message.content as { metadata: { name: string; uid: string } }).metadata;
    const patch = JSON.stringify({ metadata: { uid }, status: { phase: 'Running' } });
    const route = {
      source: 'edged',
      group: 'meta',
      operation: 'patch',
      resource: `default/podpatch/${name}`,
    };
    const report = createMessage<unknown>({ ...route, content: patch });
    await edged.request('metamanager', report).catch(() => writeSync(1, `kept ${uid}\n`));
  }
})();
for (let n = Number(process.argv[3]); ; n += 1) {
  const metadata = { name: `p${n}`, namespace: 'default', uid: `uid-${n}`, resourceVersion: String(n + 1) };
  const route = { source: 'edgecontroller', group: 'resource', operation: 'insert' };
  const resource = `default/pod/p${n}`;
  await hub.send('metamanager', createMessage<unknown>({ ...route, resource, content: { metadata } }));
  await new Promise((resolve) => setTimeout(resolve, n % 3));
}
