// A broker that answers each report at once, stores nothing and tells nobody: what MQTT alone allows.
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker();
broker.on('publish', ({ topic, payload }, client) => {
  if (!client || !topic.endsWith('/twin/update')) return;
  const { event_id, twin } = JSON.parse(payload.toString());
  const result = Buffer.from(JSON.stringify({ event_id, timestamp: Date.now(), twin }));
  broker.publish(
    { cmd: 'publish', topic: `${topic}/result`, payload: result, qos: 1, retain: false },
    () => {},
  );
});
const server = createServer(broker.handle);
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit());
