// DeviceTwin alone in a process: a database with so many devices, a cloud that confirms at once. Tells times and memory.
import { memoryUsage } from 'node:process';
import { MutableCloudLink, profileCurrent } from '@edgecore/api';
import { createBus, encodeMessage } from '@edgecore/beehive';
import { DeviceTwin } from '@edgecore/devicetwin';
import { openStore } from '@edgecore/store';

const { path, count, properties, filled = false } = JSON.parse(process.argv[2]);
const store = await openStore({ path });
if (!filled) {
  await seed(store);
  await store.close();
  process.send({});
  await new Promise((resolve) => process.once('message', resolve));
  process.exit();
}

const bus = createBus();
const link = new MutableCloudLink({ profile: profileCurrent });
const twin = new DeviceTwin({ store, link, nodeName: 'bench' });
const hub = bus.join('websocket', 'hub');
const told = new Set();
let allTold = () => {};
void (async () => {
  for await (const message of hub.receive()) {
    if (!message.sync) continue;
    // As much work as a real link makes of it.
    encodeMessage(message);
    told.add(message.resource);
    hub.respond(message, 'OK');
    if (told.size === count) allTold();
  }
})();
bus.add(twin);

const started = performance.now();
bus.start();
while (twin.health().state !== 'ready' || twin.counts().total < count) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const loadedMs = performance.now() - started;
const everything = count === 0 ? Promise.resolve() : new Promise((resolve) => (allTold = resolve));
link.set({ connected: true });
await everything;
const toldMs = performance.now() - started;
// Until what was needed for the work alone is given back.
await new Promise((resolve) => setTimeout(resolve, 100_000));
process.send({
  loadedMs,
  toldMs,
  rss: memoryUsage.rss() / 1_048_576,
  heap: memoryUsage().heapUsed / 1_048_576,
});
process.once('message', async () => {
  await bus.stop();
  await store.close();
  process.exit();
});

async function seed({ db, write }) {
  const version = '{"cloud":0,"edge":3}';
  for (let n = 0; n < count; n += 1) {
    const id = `default/device-${n}`;
    const device = db
      .replaceInto('device')
      .values({ id, name: `device-${n}`, description: '', state: 'online', last_online: '' });
    const twins = properties.map((name) =>
      db.insertInto('device_twin').values({
        deviceid: id,
        name,
        description: '',
        expected: '',
        actual: '21.5',
        expected_meta: '',
        actual_meta: '{"timestamp":1700000000000}',
        expected_version: '',
        actual_version: version,
        optional: 1,
        attr_type: 'string',
        metadata: '{}',
      }),
    );
    const written = write.call(store, device, ...twins);
    if (n % 500 === 499) await written;
  }
  await write.call(store);
}
