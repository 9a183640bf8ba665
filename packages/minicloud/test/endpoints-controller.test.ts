import { join } from 'node:path';
import { silentLogger } from '@edgecore/api';
import { openStore } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { EndpointsController } from '../src/cluster/endpoints-controller.js';
import { createCloudTables } from '../src/objects/cloud-tables.js';
import { Kinds } from '../src/objects/kinds.js';
import { ObjectStore } from '../src/objects/object-store.js';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A real store that refuses to write while `full`. */
async function diskThatFills() {
  const store = await openStore({ path: join(await tempDir(), 'cloud.db') });
  opened.push(() => store.close());
  await createCloudTables(store);
  const disk = { full: false, refused: 0 };
  const write: typeof store.write = async (...statements) => {
    if (!disk.full) return store.write(...statements);
    disk.refused += 1;
    throw new Error('disk full');
  };
  const objects = await ObjectStore.open(
    new Proxy(store, {
      get(target, key) {
        if (key === 'write') return write;
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
    Date.now,
  );
  return { disk, objects };
}

const service = (name: string) => ({
  metadata: { name, namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
});

test('what could not be written is tried again until it is, and not after the end', async () => {
  const { disk, objects } = await diskThatFills();
  await objects.create(Kinds.service, service('web'));
  disk.full = true;
  const controller = new EndpointsController({ objects, now: Date.now, retryMs: 5, logger: silentLogger });
  const stop = controller.start();
  await eventually(() => disk.refused >= 3);
  disk.full = false;
  await eventually(() => objects.get(Kinds.endpoints, 'default', 'web'));

  await stop();
  await objects.create(Kinds.service, service('late'));
  expect(objects.get(Kinds.endpoints, 'default', 'late')).toBeUndefined();
});

test('endpoints left over from a service that went unseen go at the start', async () => {
  const { objects } = await diskThatFills();
  await objects.create(Kinds.service, service('web'));
  const first = new EndpointsController({ objects, now: Date.now, logger: silentLogger }).start();
  await eventually(() => objects.get(Kinds.endpoints, 'default', 'web'));
  await first();
  await objects.remove(Kinds.service, 'default', 'web');
  expect(objects.get(Kinds.endpoints, 'default', 'web')).toBeDefined();
  opened.push(new EndpointsController({ objects, now: Date.now, logger: silentLogger }).start());
  await eventually(() => objects.get(Kinds.endpoints, 'default', 'web') === undefined);
});
