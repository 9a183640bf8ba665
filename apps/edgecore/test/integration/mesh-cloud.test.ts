import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createBus, createMessage } from '@edgecore/beehive';
import { EdgeHub } from '@edgecore/edgehub';
import { EdgeMesh } from '@edgecore/edgemesh';
import { MetaManager } from '@edgecore/metamanager';
import { type Minicloud, type MinicloudOptions, startMinicloud } from '@edgecore/minicloud';
import { openStore } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function startCloud(options: MinicloudOptions): Promise<Minicloud> {
  const cloud = await startMinicloud(options);
  opened.push(() => cloud.close());
  return cloud;
}

/** Says at which of this machine's loopback addresses it was reached: one server is the container of every pod. */
async function startBackend(): Promise<number> {
  const server: Server = createServer((socket) => socket.end(String(socket.localAddress))).listen(
    0,
    '0.0.0.0',
  );
  await once(server, 'listening');
  opened.push(async () => server.close());
  return (server.address() as AddressInfo).port;
}

/** Hub, MetaManager and mesh as a node has them; rules are written down instead of made. */
async function startNode(cloud: Minicloud) {
  const dir = await tempDir();
  const store = await openStore({ path: join(dir, 'edgecore.db') });
  opened.push(() => store.close());
  const hub = new EdgeHub({
    nodeName: 'edge-1',
    server: `127.0.0.1:${cloud.hubPort}`,
    httpServer: `https://127.0.0.1:${cloud.httpsPort}`,
    token: cloud.token,
    tlsCaFile: join(dir, 'ca.crt'),
    tlsCertFile: join(dir, 'edge.crt'),
    tlsPrivateKeyFile: join(dir, 'edge.key'),
    cloudProfile: 'current',
    backoff: { initialMs: 20, maxMs: 100, stableMs: 60_000 },
  });
  let rules = '';
  const mesh = new EdgeMesh({
    nodeName: 'edge-1',
    link: hub.link,
    listenAddress: '127.0.0.1',
    listenPort: 0,
    dnsPort: 0,
    upstreamDns: ['127.0.0.1:1'],
    run: async (command, _args, input) => {
      if (command === 'iptables-restore') rules = input ?? '';
      return '';
    },
  });
  const bus = createBus();
  bus
    .add(hub)
    .add(new MetaManager({ store, link: hub.link, nodeName: 'edge-1' }))
    .add(mesh);
  const edged = bus.join('edged');
  void (async () => {
    // Pods come here; the test says what becomes of them.
    for await (const _ of edged.receive());
  })();
  bus.start();
  opened.push(() => bus.stop());
  return {
    link: hub.link,
    mesh,
    /** What edged reports of a pod that runs. */
    report(name: string, UID: string, podIP: string, hostIP = '127.0.0.1') {
      const Status = { phase: 'Running', podIP, hostIP, conditions: [{ type: 'Ready', status: 'True' }] };
      const message = createMessage<unknown>({
        source: 'edged',
        group: 'meta',
        operation: 'update',
        resource: `default/podstatus/${name}`,
        content: { UID, Name: name, Status },
      });
      return edged.request('metamanager', message);
    },
    /** What answers at a port of a virtual address; `undefined` when there is no such port. */
    async reached(port: number): Promise<string | undefined> {
      const local = new RegExp(`--dport ${port} .*127\\.0\\.0\\.1:(\\d+)`).exec(rules)?.[1];
      if (local === undefined) return undefined;
      return text(connect(Number(local), '127.0.0.1')).catch(() => '');
    },
  };
}

const service = (name: string, port: number, targetPort: number, app = 'web') => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app }, ports: [{ port, targetPort }] },
});
const pod = (name: string, app: string, nodeName: string, ports: object[] = []) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app } },
  spec: { nodeName, containers: [{ name: 'main', image: 'busybox', ports }] },
});

test('the mesh of a node follows services and pods of today’s cloud, and keeps them while it is away', async () => {
  const dataDir = await tempDir();
  const cloud = await startCloud({ dataDir });
  const port = await startBackend();
  await cloud.apply(service('web', 80, port));
  const { uid } = (await cloud.apply(pod('web-1', 'web', 'edge-1'))).metadata;
  const node = await startNode(cloud);
  await eventually(() => cloud.isConnected('edge-1'));

  // A service that was there, an endpoint that comes, one that changes.
  await node.report('web-1', uid, '127.0.0.2');
  await eventually(async () => (await node.reached(80)) === '127.0.0.2');
  await node.report('web-1', uid, '127.0.0.3');
  await eventually(async () => (await node.reached(80)) === '127.0.0.3');

  // A service that comes and goes.
  await cloud.apply(service('late', 81, port));
  await eventually(async () => (await node.reached(81)) === '127.0.0.3');
  await cloud.delete('Service', 'default', 'late');
  await eventually(async () => (await node.reached(81)) === undefined);

  // A pod of another node is reached by its host port, which only the pod itself tells.
  const far = await cloud.apply(pod('far-1', 'far', 'edge-2', [{ containerPort: 7000, hostPort: port }]));
  await cloud.apply(service('far', 83, 7000, 'far'));
  await node.report('far-1', far.metadata.uid, '192.0.2.1', '127.0.0.4');
  await eventually(async () => (await node.reached(83)) === '127.0.0.4');

  const { hubPort, httpsPort } = cloud;
  await cloud.close();
  await eventually(() => !node.link.connected);
  expect(await node.reached(80)).toBe('127.0.0.3');

  // The last ones deleted where the node does not see it: known by the list at the next connect.
  const unseen = await startCloud({ dataDir });
  for (const name of ['web', 'far']) await unseen.delete('Service', 'default', name);
  await unseen.close();
  expect(await node.reached(80)).toBe('127.0.0.3');
  const back = await startCloud({ dataDir, hubPort, httpsPort });
  await eventually(async () => (await node.reached(80)) === undefined);
  // A node that is back watches again.
  await back.apply(service('anew', 82, port));
  await eventually(async () => (await node.reached(82)) === '127.0.0.3');
});
