import { createMessage, responseTo } from '@edgecore/beehive';
import { createWebSocketServer, createWebSocketTransport } from '@edgecore/viaduct';

// A cloud that answers every message, without TLS because it is on loopback.
const server = await createWebSocketServer({ host: '127.0.0.1' });
const cloud = (async () => {
  for await (const connection of server.connections()) {
    console.log(`${connection.headers['node_id']} is connected`);
    for await (const message of connection.messages()) await connection.send(responseTo(message, 'OK'));
  }
})();

// An edge node that asks once.
const url = `ws://127.0.0.1:${server.address.port}/my-project/edge-01/events`;
const edge = await createWebSocketTransport().dial({ url, nodeName: 'edge-01', projectId: 'my-project' });
await edge.send(createMessage({ operation: 'query', resource: 'default/configmap/settings' }));
const { value: answer } = await edge.messages().next();
console.log(`${answer.operation} for ${answer.resource}: ${answer.content}`);

await edge.close();
await server.close();
await cloud;
