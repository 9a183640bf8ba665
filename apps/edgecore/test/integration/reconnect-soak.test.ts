import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLogger } from '@edgecore/api';
import { createBus, createMessage, type Module, type ModuleContext, responseTo } from '@edgecore/beehive';
import { EdgeHub } from '@edgecore/edgehub';
import { MetaManager } from '@edgecore/metamanager';
import { CertificateAuthority, CertificateServer, createJoinToken, keyDer } from '@edgecore/minicloud';
import { openStore } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { type Connection, createWebSocketServer } from '@edgecore/viaduct';
import { expect, test } from '@jest/globals';

const WARM_UP = 60;
const RECONNECTS = 200;
const OBJECTS = 5;
/** What allocators and JIT may differ by between two full collections. */
const NOISE_BYTES = 2_500_000;

/** Real certificates and TLS; answers every request, pushes objects, counts what is confirmed. */
async function startCloud() {
  const authority = await CertificateAuthority.create(Date.now);
  const server = await authority.issueServer(['127.0.0.1'], 3_600_000);
  const https = await CertificateServer.listen({
    authority,
    server,
    profile: 'current',
    host: '127.0.0.1',
    port: 0,
    now: Date.now,
    nodeExists: () => false,
    logger: silentLogger,
  });
  const hub = await createWebSocketServer({ tls: { ...server, ca: authority.certPem }, port: 0 });
  const seen = { connections: 0, confirmed: 0, current: undefined as Connection | undefined };
  const serve = async (connection: Connection) => {
    for await (const message of connection.messages()) {
      if (message.operation === 'response') seen.confirmed += 1;
      if (message.operation !== 'insert') continue;
      const answer = responseTo(message, { Object: null, Err: null }, { group: 'resource' });
      await connection.send(answer).catch(() => {});
    }
  };
  void (async () => {
    for await (const connection of hub.connections()) {
      seen.connections += 1;
      seen.current = connection;
      void serve(connection);
    }
  })();
  const expiresAtMs = Date.now() + 3_600_000;
  const token = createJoinToken({ caDer: authority.der, keyDer: keyDer(authority.key), expiresAtMs });
  return {
    seen,
    token,
    server: `127.0.0.1:${hub.address.port}`,
    httpServer: `https://127.0.0.1:${https.port}`,
    async close() {
      await hub.close();
      await https.close();
    },
  };
}

/** Keeps the context a module is run with. */
function watched(module: Module, contexts: ModuleContext[]): Module {
  return {
    name: module.name,
    group: module.group,
    ...(module.after ? { after: module.after } : {}),
    run(ctx) {
      contexts.push(ctx);
      return module.run(ctx);
    },
  };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test(`${RECONNECTS} reconnects with traffic both ways leave nothing behind`, async () => {
  const dir = await tempDir();
  const cloud = await startCloud();
  const store = await openStore({ path: join(dir, 'edgecore.db') });
  const hub = new EdgeHub({
    nodeName: 'edge-1',
    server: cloud.server,
    httpServer: cloud.httpServer,
    token: cloud.token,
    tlsCaFile: join(dir, 'ca.crt'),
    tlsCertFile: join(dir, 'edge.crt'),
    tlsPrivateKeyFile: join(dir, 'edge.key'),
    cloudProfile: 'current',
    backoff: { initialMs: 1, maxMs: 2, stableMs: 60_000 },
  });
  const metaManager = new MetaManager({ store, link: hub.link, nodeName: 'edge-1' });
  const contexts: ModuleContext[] = [];
  const bus = createBus();
  bus.add(watched(hub, contexts)).add(watched(metaManager, contexts));
  const edged = bus.join('edged');
  let handedOn = 0;
  const reading = (async () => {
    for await (const _ of edged.receive()) handedOn += 1;
  })();
  bus.start();

  const round = async (n: number) => {
    await eventually(() => cloud.seen.connections >= n && hub.link.connected, { intervalMs: 2 });
    const { current } = cloud.seen;
    const before = cloud.seen.confirmed;
    const asked = Array.from({ length: OBJECTS }, (_, object) =>
      edged.request(
        'metamanager',
        createMessage({
          source: 'edged',
          group: 'meta',
          operation: 'insert',
          resource: `kube-node-lease/lease/l${object}`,
        }),
      ),
    );
    for (let object = 0; object < OBJECTS; object += 1) {
      const metadata = {
        name: `c${object}`,
        namespace: 'default',
        uid: `u${object}`,
        resourceVersion: `${n}`,
      };
      await current!.send(
        createMessage<unknown>({
          source: 'edgecontroller',
          group: 'resource',
          operation: 'update',
          resource: `default/configmap/c${object}`,
          content: { metadata, data: { text: 'x'.repeat(2000) } },
        }),
      );
    }
    await Promise.all(asked);
    await eventually(() => cloud.seen.confirmed >= before + OBJECTS, { intervalMs: 2 });
    // One that will never be answered, so that something waits when the link goes.
    const lost = edged.request(
      'metamanager',
      createMessage({
        source: 'edged',
        group: 'meta',
        operation: 'query',
        resource: 'kube-node-lease/lease/none',
      }),
    );
    lost.catch(() => {});
    await current!.close();
    await expect(lost).rejects.toThrow();
  };
  const measure = async () => {
    await eventually(() => hub.link.connected, { intervalMs: 2 });
    for (let turn = 0; turn < 5; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    return {
      heapBytes: process.memoryUsage().heapUsed,
      listeners: contexts.map(({ signal }) => getEventListeners(signal, 'abort').length),
      handles: process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length,
      waiting: bus.waiting,
      pending: hub.stats().pendingRequests,
      queued: hub.stats().queueMessages,
    };
  };

  for (let n = 1; n <= WARM_UP; n += 1) await round(n);
  const early = await measure();
  for (let n = WARM_UP + 1; n <= RECONNECTS; n += 1) await round(n);
  const late = await measure();

  expect(contexts).toHaveLength(2);
  expect(late.listeners).toEqual(early.listeners);
  expect(late).toMatchObject({ waiting: 0, pending: 0, queued: 0 });
  expect(late.handles).toBeLessThanOrEqual(early.handles + 3);
  expect(late.heapBytes - early.heapBytes).toBeLessThan(NOISE_BYTES);
  expect(handedOn).toBe(RECONNECTS * OBJECTS);

  expect((await bus.stop()).clean).toBe(true);
  edged.close();
  await reading;
  await store.close();
  await cloud.close();
}, 180_000);
