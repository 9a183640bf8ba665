import { Resolver } from 'node:dns/promises';
import { setTimeout } from 'node:timers/promises';
import { cloudProfiles, MutableCloudLink } from '@edgecore/api';
import { createBus, createMessage } from '@edgecore/beehive';
import { EdgeMesh } from '@edgecore/edgemesh';

const mesh = new EdgeMesh({
  nodeName: 'edge-01',
  link: new MutableCloudLink({ profile: cloudProfiles['2020'] }),
  intercept: 'none', // needs no root: names stand for the addresses of endpoints
  listenAddress: '127.0.0.1',
  dnsPort: 0,
});
const bus = createBus().add(mesh);
const me = bus.join('me');
bus.start();

const metadata = { name: 'db', namespace: 'default' };
const insert = (resource: string, content: object) =>
  me.send('edgemesh', createMessage({ operation: 'insert', resource, content }));
await insert('default/service/db', { metadata, spec: { ports: [{ port: 5432 }] } });
await insert('default/endpoints/db', {
  metadata,
  subsets: [{ addresses: [{ ip: '10.0.0.9' }], ports: [{ port: 5432 }] }],
});
while (mesh.stats().services === 0) await setTimeout(10);

const resolver = new Resolver();
resolver.setServers([`127.0.0.1:${mesh.stats().dnsPort}`]);
console.log(mesh.health().state, await resolver.resolve4('db.default.svc.cluster.local'));
await bus.stop();
