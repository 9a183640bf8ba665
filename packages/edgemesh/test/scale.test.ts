import { cloudProfiles, MutableCloudLink } from '@edgecore/api';
import { createBus } from '@edgecore/beehive';
import { EdgeMesh } from '@edgecore/edgemesh';
import { MetaManager } from '@edgecore/metamanager';
import { openStore } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { endpointsAt, exchange, sayer } from './support/backends.js';
import { endpoints, service } from './support/objects.js';
import { Rig } from './support/rig.js';

const PORT = { name: 'tcp', protocol: 'TCP', port: 7000, targetPort: 7 };

test('1000 services with five endpoints each are all served after a start', async () => {
  const path = `${await tempDir()}/edgecore.db`;
  const store = await openStore({ path });
  const rows = Array.from({ length: 1000 }, (_, index) => {
    const name = `s${index}`;
    const addresses = [1, 2, 3, 4, 5].map((last) => `10.0.${index % 250}.${last}`);
    const service_ = {
      key: `default/service/${name}`,
      type: 'service',
      value: JSON.stringify(service(name, { selector: {}, ports: [PORT] })),
    };
    const endpoints_ = {
      key: `default/endpoints/${name}`,
      type: 'endpoints',
      value: JSON.stringify(endpoints(name, addresses, 7)),
    };
    return [service_, endpoints_];
  }).flat();
  for (let start = 0; start < rows.length; start += 200) {
    await store.write(store.db.replaceInto('meta').values(rows.slice(start, start + 200)));
  }
  const link = new MutableCloudLink({ profile: cloudProfiles['2020'] });
  const mesh = new EdgeMesh({
    nodeName: 'edge-a',
    link,
    listenAddress: '127.0.0.1',
    listenPort: 0,
    dnsPort: 0,
    run: async () => '',
  });
  const bus = createBus().add(new MetaManager({ store, link })).add(mesh);
  bus.start();
  // How long it takes is the benchmark's business.
  await eventually(() => mesh.stats().listeners === 1000, { timeoutMs: 30_000, what: 'a listener for each' });
  await bus.stop();
  await store.close();
});

test('a changed endpoint is used by the next connection, without a rule being touched', async () => {
  const [a, b] = await Promise.all([sayer('a'), sayer('b')]);
  const rig = await Rig.start();
  await rig.down('insert', 'default/endpoints/echo', endpointsAt('echo', [a.port]));
  await rig.down('insert', 'default/service/echo', service('echo', { selector: {}, ports: [PORT] }));
  const port = rig.portOf('9.251.0.1', 7000);
  expect(await exchange(port)).toBe('a');
  const restores = rig.restores;
  // Stored and acknowledged by MetaManager, too.
  for (const next of [b, a, b, a, b]) {
    await rig.down('update', 'default/endpoints/echo', endpointsAt('echo', [next.port]));
  }
  expect(await exchange(port)).toBe('b');
  expect(rig.restores).toBe(restores);
});
