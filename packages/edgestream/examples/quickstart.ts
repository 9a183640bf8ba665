import { createBus } from '@edgecore/beehive';
import { EdgeStream } from '@edgecore/edgestream';

const stream = new EdgeStream({
  server: '203.0.113.5:10004',
  nodeName: 'edge-01',
  nodeIp: () => '',
  tls: { caFile: 'ca.crt', certFile: 'node.crt', keyFile: 'node.key' },
  edged: { host: '127.0.0.1', port: 10350 },
});
const bus = createBus().add(stream);
bus.start();
console.log(stream.stats());
await bus.stop();
