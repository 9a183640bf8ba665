import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MutableCloudLink, profile2020 } from '@edgecore/api';
import { createBus, createMessage } from '@edgecore/beehive';
import { DeviceTwin } from '@edgecore/devicetwin';
import { openStore } from '@edgecore/store';

const dir = await mkdtemp(join(tmpdir(), 'twins-'));
const store = await openStore({ path: join(dir, 'edgecore.db') });
const link = new MutableCloudLink({ profile: profile2020 });
const twins = new DeviceTwin({ store, link, nodeName: 'edge-01' });
const bus = createBus().add(twins);
const mqtt = bus.join('eventbus'); // in an agent: @edgecore/eventbus
bus.start();

const twin = { power: { expected: { value: 'ON' }, expected_version: { cloud: 7, edge: 0 } } };
const lamp = { added_devices: [{ id: 'lamp', name: 'lamp', twin }] };
await mqtt.send('twin', createMessage({ source: 'devicecontroller', resource: 'membership', content: lamp }));

for await (const { resource, content } of mqtt.receive()) {
  const { delta } = JSON.parse(content as string) as { delta?: object };
  console.log(resource);
  if (delta) console.log('the device should do', delta);
  if (resource.endsWith('/membership/updated')) break;
}
await twins.reportTwins('lamp', { power: { actual: 'ON' } });
console.log('on disk:', twins.device('lamp')?.twins['power']?.actual?.value);
await bus.stop();
await store.close();
await rm(dir, { recursive: true });
