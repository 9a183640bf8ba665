import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessage } from '@edgecore/beehive';
import { exposeServices } from '@edgecore/servicebus';
import { MemoryNetwork } from '@edgecore/viaduct';

// A service on this machine that nobody outside can connect to.
const service = createServer((request, response) =>
  response.end(`${request.method} ${request.url}: 21.5 °C`),
);
await new Promise<void>((listening) => service.listen(0, '127.0.0.1', listening));
const { port } = service.address() as AddressInfo;

// A link for messages: in memory here, a WebSocket through a firewall elsewhere.
const network = new MemoryNetwork();
const cloud = network.listen({ host: 'cloud', port: 10000 });
const dial = { url: 'ws://cloud:10000/p/edge-01/events', nodeName: 'edge-01', projectId: 'p' };
const link = await network.transport.dial(dial);
const exposed = exposeServices(link, { allowPorts: [port] });

// The other end asks through it.
for await (const edge of cloud.connections()) {
  for (const target of [`${port}:/temperature?unit=c`, '22:/']) {
    const route = { source: 'router_servicebus', group: 'user', operation: 'GET', resource: target };
    await edge.send(createMessage<unknown>({ ...route, content: { header: {}, body: '' } }));
    const { value: answer } = await edge.messages().next();
    const { status_code, body } = answer.content as { status_code: number; body: string };
    console.log(status_code, Buffer.from(body, 'base64').toString());
  }
  break;
}
await link.close();
await exposed;
await cloud.close();
service.close();
