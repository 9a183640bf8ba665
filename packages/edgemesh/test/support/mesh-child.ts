/** A node in a process of its own, for network namespaces: takes messages as lines of JSON, tells when each is done. */
import { createInterface } from 'node:readline';
import { cloudProfiles, MutableCloudLink } from '@edgecore/api';
import { createBus } from '@edgecore/beehive';
import { EdgeMesh, type EdgeMeshOptions } from '@edgecore/edgemesh';
import { MetaManager } from '@edgecore/metamanager';
import { openStore } from '@edgecore/store';
import { Handled } from './handled.js';
import { fromCloud } from './objects.js';

const [path = '', optionsText = '{}'] = process.argv.slice(2);
const options = JSON.parse(optionsText) as Partial<EdgeMeshOptions>;
const store = await openStore({ path });
const link = new MutableCloudLink({ profile: cloudProfiles['2020'] });
const mesh = new EdgeMesh({ nodeName: 'edge-a', link, upstreamDns: ['127.0.0.1:1'], ...options });
const handled = new Handled();
const bus = createBus({ trace: handled.trace }).add(new MetaManager({ store, link })).add(mesh);
const hub = bus.join('websocket', 'hub');
bus.start();
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
while (mesh.health().state === 'starting') await new Promise((resolve) => setTimeout(resolve, 10));
say({ ready: mesh.health(), stats: mesh.stats() });

void (async () => {
  for await (const _ of hub.receive());
})();
process.on('SIGTERM', () => {
  void bus.stop().then(async () => {
    await store.close();
    process.exit(0);
  });
});
for await (const line of createInterface({ input: process.stdin })) {
  const { operation, resource, content } = JSON.parse(line);
  const message = fromCloud(operation, resource, content);
  const done = handled.done(message.id);
  await hub.sendToGroup('meta', message);
  await done;
  await mesh.settled();
  say({ done: resource, stats: mesh.stats() });
}
