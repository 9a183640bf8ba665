import { MemoryNetwork } from '@edgecore/viaduct';
import { transportCompliance } from './transport-compliance.js';

for (const latencyMs of [0, 2]) {
  transportCompliance(`MemoryNetwork (latency ${latencyMs} ms)`, async () => {
    const network = new MemoryNetwork({ latencyMs, capacity: latencyMs === 0 ? 4 : 16 });
    const server = network.listen();
    return {
      transport: network.transport,
      server,
      dialOptions: {
        url: `ws://${server.address.host}:${server.address.port}/p/edge-1/events`,
        nodeName: 'edge-1',
        projectId: 'p',
      },
      stop: () => server.close(),
    };
  });
}
