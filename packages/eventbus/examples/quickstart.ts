import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MutableCloudLink, profileCurrent } from '@edgecore/api';
import { createBus } from '@edgecore/beehive';
import { EventBus } from '@edgecore/eventbus';
import { openStore } from '@edgecore/store';
import mqtt from 'mqtt';

const dir = await mkdtemp(join(tmpdir(), 'eventbus-'));
const store = await openStore({ path: join(dir, 'edgecore.db') });
const link = new MutableCloudLink({ connected: true, profile: profileCurrent });
const bus = createBus();
const hub = bus.join('websocket', 'hub'); // a stand-in for EdgeHub
const twin = bus.join('twin'); // and one for DeviceTwin
const listening = new Promise<string>((resolve) => {
  const onListening = (endpoint: { url: string }) => resolve(endpoint.url);
  const server = { mode: 'internal', internalServer: 'tcp://127.0.0.1:0', onListening } as const;
  bus.add(new EventBus({ store, link, nodeName: 'edge-01', ...server })).start();
});

// A device reports: it is acknowledged when devicetwin has answered.
const device = await mqtt.connectAsync(await listening);
const topic = '$hw/events/device/default/lamp/twin/update';
const reported = device.publishAsync(topic, '{"twin":{}}', { qos: 1 });
for await (const message of twin.receive()) {
  console.log('devicetwin gets', Buffer.from(message.resource, 'base64').toString(), message.content);
  twin.respond(message, 'OK');
  break;
}
await reported;

// An application uploads: stored at once, sent when there is a cloud.
await device.publishAsync('$hw/events/upload/demo', '21.5', { qos: 1 });
for await (const message of hub.receive()) {
  console.log('the cloud gets', message.operation, message.resource, message.content);
  hub.respond(message, 'OK');
  break;
}
await device.endAsync();
await bus.stop();
for (const stand of [hub, twin]) stand.close();
await store.close();
await rm(dir, { recursive: true });
