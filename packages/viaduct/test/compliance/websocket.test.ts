import { createWebSocketServer, createWebSocketTransport } from '@edgecore/viaduct';
import { TestCa } from '../pki.js';
import { transportCompliance } from './transport-compliance.js';

const ca = await TestCa.create();
const [serverCert, clientCert] = await Promise.all([ca.server(), ca.issue()]);

for (const fragmentation of ['none', 'go'] as const) {
  transportCompliance(`WebSocket over TLS (server fragments: ${fragmentation})`, async () => {
    const server = await createWebSocketServer({ tls: { ...serverCert, ca: ca.cert }, fragmentation });
    return {
      transport: createWebSocketTransport(),
      server,
      dialOptions: {
        url: `wss://127.0.0.1:${server.address.port}/project/edge-01/events`,
        nodeName: 'edge-01',
        projectId: 'project',
        tls: { ...clientCert, ca: ca.cert },
      },
      stop: () => server.close(),
    };
  });
}

transportCompliance('WebSocket without TLS', async () => {
  const server = await createWebSocketServer();
  return {
    transport: createWebSocketTransport(),
    server,
    dialOptions: {
      url: `ws://127.0.0.1:${server.address.port}/project/edge-01/events`,
      nodeName: 'edge-01',
      projectId: 'project',
    },
    stop: () => server.close(),
  };
});
