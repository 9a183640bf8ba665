// Asks a DNS server one question after the other and prints how long the answers take. In a process of its own: what
// sends a flood would delay what measures it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { question } from './dns-packets.mjs';
import { quantile, sleep } from './numbers.mjs';

const INTERVAL_MS = 5;
const LOST_AFTER_MS = 1000;

const [port, name] = [Number(process.argv[2]), process.argv[3]];
const query = question(name);
const socket = createSocket('udp4');
socket.connect(port, '127.0.0.1');
await once(socket, 'connect');
const times = [];
let lost = 0;
let id = 0;
let waiting;
socket.on('message', (answer) => {
  const at = performance.now();
  if (waiting && answer.readUInt16BE(0) === id) waiting(at);
});
socket.on('error', () => {});
let running = true;
process.on('SIGTERM', () => {
  running = false;
});
while (running) {
  id = (id + 1) & 0xffff;
  query.writeUInt16BE(id, 0);
  const sent = performance.now();
  const answered = new Promise((resolve) => {
    waiting = resolve;
  });
  socket.send(query);
  const at = await Promise.race([answered, sleep(LOST_AFTER_MS)]);
  waiting = undefined;
  if (at === undefined) lost += 1;
  else times.push(at - sent);
  await sleep(INTERVAL_MS);
}
console.log(
  JSON.stringify({ p50: quantile(times, 0.5), p99: quantile(times, 0.99), answers: times.length, lost }),
);
socket.close();
process.exit();
