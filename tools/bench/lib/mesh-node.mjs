// The mesh alone in a process, as it runs in the agent: prints the ports it listens on for endpoints given as arguments.
import { cloudProfiles, MutableCloudLink } from '@edgecore/api';
import { createBus, createMessage } from '@edgecore/beehive';
import { EdgeMesh } from '@edgecore/edgemesh';

const endpoints = process.argv.slice(2).map(Number);
let rules = '';
const mesh = new EdgeMesh({
  nodeName: 'bench',
  link: new MutableCloudLink({ profile: cloudProfiles['2020'] }),
  listenAddress: '127.0.0.1',
  listenPort: 0,
  dnsPort: 0,
  // Garbage may be a proper question for another name: refused at once, and nobody's server is asked.
  upstreamDns: ['127.0.0.1:1'],
  run: async (command, _args, input) => {
    // This machine is left alone; what would have led to the listeners says where they are.
    if (command === 'iptables-restore') rules = input;
    return '';
  },
});
const bus = createBus().add(mesh);
const me = bus.join('me');
bus.start();
const metadata = { name: 'web', namespace: 'default' };
const ports = [
  { name: 'tcp', port: 1, protocol: 'TCP' },
  { name: 'http', port: 2, protocol: 'TCP' },
];
const subsets = endpoints.map((port) => ({
  addresses: [{ ip: '127.0.0.1' }],
  ports: [{ port, protocol: 'TCP' }],
}));
const insert = (resource, content) =>
  me.send('edgemesh', createMessage({ operation: 'insert', resource, content }));
await insert('default/endpoints/web', { metadata, subsets });
await insert('default/service/web', { metadata, spec: { ports } });
while (mesh.stats().listeners < 2) await new Promise((resolve) => setTimeout(resolve, 10));
await mesh.settled();
const portOf = (port) => Number(new RegExp(`--dport ${port} .*:(\\d+)`).exec(rules)[1]);
console.log(JSON.stringify({ tcp: portOf(1), http: portOf(2), dns: mesh.stats().dnsPort }));
process.on('SIGTERM', async () => {
  await bus.stop();
  process.exit(0);
});
