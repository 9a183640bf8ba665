import { createBus, createMessage, responseTo } from '@edgecore/beehive';
import { EdgeHub } from '@edgecore/edgehub';
import { MemoryNetwork } from '@edgecore/viaduct';

const network = new MemoryNetwork();
const cloud = network.listen({ host: 'cloud', port: 10000 });
const hub = new EdgeHub({
  nodeName: 'edge-01',
  server: 'cloud:10000',
  httpServer: 'https://cloud:10002',
  cloudProfile: 'current',
  transport: network.transport, // in this process; leave these two out for a real cloud
  useTls: false,
});
const bus = createBus().add(hub);
const me = bus.join('me');
bus.start();

for await (const edge of cloud.connections()) {
  const query = createMessage({ source: 'edged', operation: 'query', resource: 'default/configmap/web' });
  const answer = me.request('websocket', query);
  for await (const message of edge.messages()) {
    console.log('cloud got', message.operation, message.resource);
    if (message.operation === 'query') await edge.send(responseTo(message, { data: { color: 'blue' } }));
    if (message.operation === 'query') break;
  }
  console.log('edge got', (await answer).content);
  break;
}
await bus.stop();
await cloud.close();
