// MetaManager and the mesh with 1,000 services of five endpoints each, in a network namespace of its own with real
// rules: prints how long a start takes and how long a changed endpoint takes to be used.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudProfiles, MutableCloudLink } from '@edgecore/api';
import { createBus, createMessage } from '@edgecore/beehive';
import { EdgeMesh } from '@edgecore/edgemesh';
import { MetaManager } from '@edgecore/metamanager';
import { openStore } from '@edgecore/store';
import { sleep } from './numbers.mjs';

const SERVICES = 1000;
const CHANGES = 40;
const VIP = '9.251.0.1';

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const dir = await mkdtemp(join(tmpdir(), 'bench-mesh-scale-'));
const store = await openStore({ path: join(dir, 'edgecore.db') });
const said = await Promise.all(['a', 'b'].map(say));
await seed();

const link = new MutableCloudLink({ profile: cloudProfiles['2020'] });
const bareMs = await listenBare();
const mesh = new EdgeMesh({ nodeName: 'bench', link, listenAddress: '127.0.0.1', dnsPort: 0 });
const bus = createBus().add(new MetaManager({ store, link })).add(mesh);
const hub = bus.join('websocket', 'hub');
const started = performance.now();
bus.start();
while (mesh.health().state === 'starting') await sleep(2);
const startMs = performance.now() - started;
const rules = execFileSync('iptables', ['-t', 'nat', '-S', 'EDGE-MESH'], { encoding: 'utf8' });
if (rules.split('\n').filter((rule) => rule.includes('DNAT')).length !== SERVICES) {
  throw new Error(`not every service has its rule:\n${rules.slice(0, 500)}`);
}

void (async () => {
  for await (const _ of hub.receive());
})();
// The addresses it gave are being written down.
await mesh.settled();
const changes = [];
for (let index = 0; index < CHANGES; index += 1) {
  const next = said[index % 2];
  const before = performance.now();
  const message = createMessage({
    ...{ source: 'edgecontroller', group: 'resource', operation: 'update' },
    ...{ resource: 'default/endpoints/s0', content: endpoints('s0', [next.port], '127.0.0.1') },
  });
  await hub.sendToGroup('meta', message);
  while ((await ask()) !== next.name) if (performance.now() - before > 10_000) throw new Error('no change');
  changes.push(performance.now() - before);
}
console.log(JSON.stringify({ startMs, bareMs, changes }));
await bus.stop();
await store.close();
await rm(dir, { recursive: true, force: true });
process.exit();

/** An endpoint that says its name and ends. */
async function say(name) {
  const server = createServer((socket) => socket.on('error', () => {}).end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { name, port: server.address().port };
}

/** What the service's virtual address says, as any client on the machine hears it. */
async function ask() {
  const socket = connect(7000, VIP);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

/** As many listeners without anything behind them. */
async function listenBare() {
  const before = performance.now();
  const servers = Array.from({ length: SERVICES }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ms = performance.now() - before;
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ms;
}

function endpoints(name, ports, ip) {
  const subsets = ports.map((port) => ({ addresses: [{ ip }], ports: [{ port, protocol: 'TCP' }] }));
  return { metadata: { name, namespace: 'default' }, subsets };
}

async function seed() {
  const row = (type, name, value) => ({
    key: `default/${type}/${name}`,
    type,
    value: JSON.stringify(value),
  });
  const rows = Array.from({ length: SERVICES }, (_, index) => {
    const name = `s${index}`;
    const addresses = [1, 2, 3, 4, 5].map((last) => ({ ip: `10.0.${index % 250}.${last}` }));
    const metadata = { name, namespace: 'default' };
    const ports = [{ name: 'tcp', protocol: 'TCP', port: 7000, targetPort: 7 }];
    const subsets = [{ addresses, ports: [{ name: 'tcp', port: 7, protocol: 'TCP' }] }];
    return [
      row('service', name, { metadata, spec: { ports } }),
      row(
        'endpoints',
        name,
        index === 0 ? endpoints(name, [said[1].port], '127.0.0.1') : { metadata, subsets },
      ),
    ];
  }).flat();
  // As a restart finds it: the service that is measured has its address.
  rows.push({ key: 'default/listener/default.s0', type: 'listener', value: JSON.stringify(VIP) });
  for (let start = 0; start < rows.length; start += 200) {
    await store.write(store.db.replaceInto('meta').values(rows.slice(start, start + 200)));
  }
}
